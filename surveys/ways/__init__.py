"""Ways to ask: personal links, links open to all, codes to print, kiosks and embedded surveys."""
