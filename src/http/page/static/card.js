// Makes a card live: a chip or an input that changes asks again and the card is replaced in place. The same for the page
// and for the widget; what differs is handed in.

import { opinion } from "./opinion.js";
import { painted } from "./service.js";

const WAIT_MS = 350;

// `ours.replaced(turn)` is called after a card was replaced, `ours.ask(query)` for a question that is a link.
export function live(root, service, ours) {
  let timer = 0;
  let byKeyboard = false;
  const focused = () => root.getRootNode().activeElement;
  const turnOf = (node) => node.closest(".turn");
  const paramsOf = (turn) => new URLSearchParams(turn.dataset.query);

  root.addEventListener("keydown", () => (byKeyboard = true), true);
  root.addEventListener("pointerdown", () => (byKeyboard = false), true);

  const ask = async (turn, params) => {
    clearTimeout(timer);
    const query = params.toString();
    turn.dataset.asked = query;
    turn.classList.add("busy");
    try {
      const fresh = await service.card(query);
      if (turn.dataset.asked === query) ours.replaced(replace(turn, fresh));
    } catch (problem) {
      if (turn.dataset.asked === query) wrong(turn, problem.message);
    }
  };

  // The panel under a person's fingers is left alone until they leave it.
  const replace = (turn, fresh) => {
    prepare(fresh);
    const panel = turn.querySelector(".facts");
    const field = focused();
    const typing = panel?.contains(field) && field.matches("input:not([type=radio])");
    if (typing && fresh.querySelector(".facts")) {
      const old = turn.querySelector(".card");
      const card = fresh.querySelector(".card");
      turn.waiting = card.querySelector(".facts");
      turn.dataset.query = fresh.dataset.query;
      delete turn.dataset.asked;
      turn.classList.remove("busy");
      panel.querySelector(".wrong").textContent = "";
      around(old, panel, card, turn.waiting);
      old.dataset.status = card.dataset.status;
      painted();
      return turn;
    }
    const fact = field?.closest?.("[data-fact]")?.dataset.fact;
    const inside = field?.closest?.(".editor") && byKeyboard;
    const { name, value } = field ?? {};
    turn.replaceWith(fresh);
    const chip = fact && fresh.querySelector(`[data-fact="${fact}"]`);
    if (chip && inside) {
      chip.open = true;
      const same = [...chip.querySelectorAll("input, select")].filter((one) => one.name === name);
      (same.find((one) => one.type !== "radio" || one.value === value) ?? chip.firstElementChild).focus();
    } else if (chip) chip.firstElementChild.focus();
    painted();
    return fresh;
  };

  const wrong = (turn, message) => {
    turn.classList.remove("busy");
    const place = turn.querySelector(".facts:not([inert]) .wrong");
    if (place) place.textContent = message;
  };

  const changed = (field, wait) => {
    const turn = turnOf(field);
    const params = paramsOf(turn);
    const value = field.value.trim();
    if (value) params.set(field.name, value);
    else params.delete(field.name);
    clearTimeout(timer);
    if (params.toString() === (turn.dataset.asked ?? paramsOf(turn).toString())) return;
    timer = setTimeout(ask, wait, turn, params);
  };

  const typed = (field) => field.matches("input:not([type=radio], [type=date], [type=month])");

  root.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.closest(".facts") || event.isComposing) return;
    if (typed(field)) changed(field, WAIT_MS);
    else if (field.matches("input[type=radio], select")) changed(field, 0);
  });
  root.addEventListener("compositionend", (event) => {
    if (event.target.closest(".facts")) changed(event.target, WAIT_MS);
  });
  // A date is changed when it is whole.
  root.addEventListener("change", (event) => {
    const field = event.target;
    if (field.closest(".facts") && field.matches("input:not([type=radio])")) changed(field, 0);
  });
  root.addEventListener("focusout", (event) => {
    const turn = event.target.closest(".turn");
    const panel = event.target.closest(".facts");
    if (!turn?.waiting || !panel) return;
    const next = event.relatedTarget;
    if (panel.contains(next) && typed(next)) return;
    const swap = () => {
      if (!turn.waiting) return;
      const to = panel.contains(focused()) ? focused().closest("[data-fact]")?.dataset.fact : next?.closest?.("[data-fact]")?.dataset.fact;
      for (const chip of panel.querySelectorAll("[data-fact][open]")) {
        const same = turn.waiting.querySelector(`[data-fact="${chip.dataset.fact}"]`);
        if (same && chip.dataset.fact === to) same.open = true;
      }
      panel.replaceWith(turn.waiting);
      if (to) turn.querySelector(`.facts [data-fact="${to}"] summary`)?.focus();
      delete turn.waiting;
    };
    // A press ends where it began.
    if (byKeyboard || !panel.contains(next)) swap();
    else root.addEventListener("click", () => setTimeout(swap), { once: true, capture: true });
  });
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches(".opinion")) {
      event.preventDefault();
      opinion(service, form);
    }
    if (!form.matches(".facts")) return;
    event.preventDefault();
    const turn = turnOf(form);
    const params = paramsOf(turn);
    for (const [name, value] of new FormData(form)) if (value.trim()) params.set(name, value.trim());
    ask(turn, params);
  });

  root.addEventListener("click", (event) => {
    const link = event.target.closest("a, button");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const query = link.search?.slice(1);
    if (link.matches("[data-copy]")) copy(link);
    else if (link.matches("[data-print]")) print();
    else if (link.matches("[data-useful]")) opinion(service, link.form, link);
    else if (link.matches("[data-card]")) ask(turnOf(link), new URLSearchParams(query));
    else if (link.matches("[data-ask]")) ours.ask(query);
    else if (link.matches("[data-lift]") && ours.lifts) lift(link);
    else return;
    event.preventDefault();
  });

  // Shows part of another page below the line that leads to it; a second press takes it away.
  const lift = async (link) => {
    const line = link.closest("p");
    if (line.nextElementSibling?.matches(".lifted")) {
      line.nextElementSibling.remove();
      link.setAttribute("aria-expanded", "false");
      return;
    }
    try {
      const part = await service.part(link.pathname + link.search, `section${link.dataset.lift}`);
      part.classList.add("lifted");
      line.after(part);
      link.setAttribute("aria-expanded", "true");
    } catch {
      location.assign(link.href);
    }
  };
}

// What only a script can offer.
export function prepare(turn) {
  turn.classList.add("live");
  for (const one of turn.querySelectorAll("[data-print], .opinion")) one.hidden = false;
}

// Replaces what stands before and after `kept` by what stands before and after its counterpart.
function around(old, kept, fresh, counterpart) {
  let inside = kept;
  let other = counterpart;
  while (inside !== old && other !== fresh) {
    const parent = inside.parentElement;
    for (const sibling of [...parent.children]) if (sibling !== inside) sibling.remove();
    let after = false;
    for (const sibling of [...other.parentElement.children]) {
      if (sibling === other) after = true;
      else if (after) parent.append(sibling);
      else inside.before(sibling);
    }
    for (const { name, value } of other.parentElement.attributes) parent.setAttribute(name, value);
    inside = parent;
    other = other.parentElement;
  }
}

async function copy(link) {
  const text = link.textContent;
  try {
    await navigator.clipboard.writeText(link.href);
  } catch {
    // Without https there is no clipboard, but there is a selection.
    const field = document.createElement("textarea");
    field.value = link.href;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  link.textContent = "已复制";
  setTimeout(() => (link.textContent = text), 1500);
}
