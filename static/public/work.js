// Works on the form's challenge as soon as the page is open; a form sent earlier waits for it.
// In small rounds, each of which leaves the page to its reader.
const form = document.getElementById("answer");
const [challenge, answer, note] = ["challenge", "proof", "work"].map((id) => document.getElementById(id));
const bits = Number(challenge.value.split(".")[2]);
const ROUND = 64;
const encoder = new TextEncoder();
let waiting = null;

const zeros = (digest) => {
  const bytes = new Uint8Array(digest);
  let count = 0;
  for (const byte of bytes) {
    if (byte) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
};

const tried = async (text) => zeros(await crypto.subtle.digest("SHA-256", encoder.encode(text)));

const work = async () => {
  for (let start = 0; ; start += ROUND) {
    const texts = Array.from({ length: ROUND }, (_each, n) => String(start + n));
    const found = await Promise.all(texts.map((text) => tried(challenge.value + text)));
    const done = found.findIndex((count) => count >= bits);
    if (done >= 0) return texts[done];
    if (start % (ROUND * 32) === 0) await new Promise((go) => setTimeout(go));
  }
};

form.addEventListener("submit", (event) => {
  if (answer.value || event.submitter?.name === "lang") return;
  event.preventDefault();
  waiting = event.submitter;
  note.hidden = false;
});

if (globalThis.crypto?.subtle) {
  work().then((text) => {
    answer.value = text;
    note.hidden = true;
    if (waiting) form.requestSubmit(waiting);
  });
} else {
  note.textContent = note.dataset.cannot;
  note.hidden = false;
}
