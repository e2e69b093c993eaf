// Colours, size of type, and the place: chosen once, kept in this browser.

import { read, write } from "./kept.js";

const THEMES = { "": "自动", light: "浅色", dark: "深色" };

export function preferences(root) {
  const bar = root.querySelector(".preferences");
  if (!bar) return;
  bar.hidden = false;
  const size = bar.querySelector("[data-preference=size]");
  const theme = bar.querySelector("[data-preference=theme]");
  const show = () => {
    size.setAttribute("aria-pressed", String(read("size") === "large"));
    theme.querySelector("[data-now]").textContent = THEMES[read("theme")] ?? THEMES[""];
  };
  const set = (name, value) => {
    write(name, value);
    if (value) document.documentElement.dataset[name] = value;
    else delete document.documentElement.dataset[name];
    show();
  };
  size.addEventListener("click", () => set("size", read("size") === "large" ? "" : "large"));
  theme.addEventListener("click", () => {
    const all = Object.keys(THEMES);
    set("theme", all[(all.indexOf(read("theme")) + 1) % all.length]);
  });
  show();
}

export function rememberPlace(input) {
  if (!input.value && !new URLSearchParams(location.search).has("q")) input.value = read("place");
  input.addEventListener("change", () => write("place", input.value.trim()));
}
