/* Shows a chosen picture before it is sent. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    for (const chooser of document.querySelectorAll("[data-pe-chooser]")) {
        const picture = chooser.querySelector("img");
        const before = picture.getAttribute("src");
        chooser.querySelector("input[type=file]").addEventListener("change", (event) => {
            if (picture.src.startsWith("blob:")) URL.revokeObjectURL(picture.src);
            const [file] = event.target.files;
            const shown = file ? URL.createObjectURL(file) : before;
            picture.hidden = !shown;
            if (shown) picture.src = shown;
            else picture.removeAttribute("src");
        });
        picture.addEventListener("error", () => (picture.hidden = true));
    }
});
