// Recent questions: kept in this browser only.

import { read, write } from "./kept.js";

const MOST = 8;

function all() {
  try {
    const list = JSON.parse(read("recent") || "[]");
    return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

export function remember(question) {
  const text = question.trim();
  if (text) write("recent", JSON.stringify([text, ...all().filter((other) => other !== text)].slice(0, MOST)));
}

export function showRecent(root) {
  const section = root.querySelector(".recent");
  if (!section) return;
  const questions = all();
  section.hidden = questions.length === 0;
  section.querySelector("ul").replaceChildren(
    ...questions.map((question) => {
      const link = document.createElement("a");
      link.href = `/?q=${encodeURIComponent(question)}`;
      link.dataset.ask = "";
      link.textContent = question;
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
  section.querySelector("button").onclick = () => {
    write("recent", "");
    showRecent(root);
  };
}
