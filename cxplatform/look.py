"""The staff site's colours, from light to dark; each pair of text and ground keeps the contrast of WCAG AA."""

PRIMARY = {
    "50": "oklch(97.7% .014 195)",
    "100": "oklch(94.5% .033 195)",
    "200": "oklch(89.5% .06 194)",
    "300": "oklch(83% .09 193)",
    "400": "oklch(74.5% .11 193)",
    "500": "oklch(65% .11 194)",
    "600": "oklch(50% .09 197)",
    "700": "oklch(43.5% .08 198)",
    "800": "oklch(37.5% .065 199)",
    "900": "oklch(32% .055 200)",
    "950": "oklch(23.5% .045 202)",
}
BASE = {
    "50": "oklch(98.5% .003 230)",
    "100": "oklch(96.5% .005 230)",
    "200": "oklch(92.5% .008 235)",
    "300": "oklch(87% .012 240)",
    "400": "oklch(71.5% .02 245)",
    "500": "oklch(53.5% .024 248)",
    "600": "oklch(45% .028 250)",
    "700": "oklch(37% .03 250)",
    "800": "oklch(28.5% .03 252)",
    "900": "oklch(21.5% .028 254)",
    "950": "oklch(15% .024 256)",
}
FONT = {
    "subtle-light": "oklch(49% .024 248)",
    "subtle-dark": "oklch(76% .02 245)",
    "default-light": "var(--color-base-700)",
    "default-dark": "var(--color-base-300)",
    "important-light": "var(--color-base-900)",
    "important-dark": "var(--color-base-100)",
}
