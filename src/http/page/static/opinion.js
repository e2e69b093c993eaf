// What people think of an answer: 有用 or 没用 at once, and a word after it if they like.

import { read, write } from "./kept.js";

// A name of this browser's own, so that saying it twice counts once. It is made of chance and tells nothing of anybody.
function client() {
  const known = read("client");
  if (known) return known;
  const fresh = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  write("client", fresh);
  return fresh;
}

// `pressed` is one of the two buttons; without it the word is sent with what was pressed before.
export async function opinion(service, form, pressed) {
  const buttons = [...form.querySelectorAll("[data-useful]")];
  const verdict = pressed ?? buttons.find((button) => button.getAttribute("aria-pressed") === "true");
  const status = form.querySelector("[role=status]");
  const { answer, question } = form.dataset;
  const word = form.elements.word.value.trim();
  try {
    await service.feedback({ answer, question, word, client: client(), useful: verdict.dataset.useful === "true" });
  } catch (problem) {
    status.textContent = problem.message;
    return;
  }
  for (const button of buttons) button.setAttribute("aria-pressed", String(button === verdict));
  form.querySelector(".word").hidden = !pressed;
  status.textContent = "谢谢,记下了";
}
