// The page: what is asked is answered in place, follow-up questions below it, and the address is always a link to what
// is shown. Without this script the same forms and links load the same answers as pages.

import { live, prepare } from "./card.js";
import { preferences, rememberPlace } from "./preferences.js";
import { remember, showRecent } from "./recent.js";
import { painted, service } from "./service.js";
import { suggest } from "./suggest.js";

const yiwen = service();

function asking(main) {
  const form = main.querySelector(".hero .ask");
  if (!form) return;
  const box = form.elements.namedItem("q");
  const conversation = main.querySelector(".conversation");
  const follow = main.querySelector(".follow");
  const status = main.querySelector(".status");

  const say = (turn) => {
    const conclusions = [...turn.querySelectorAll(".conclusion")].map((line) => line.textContent);
    // Heard and not seen: it stands in large type below.
    status.classList.add("hidden");
    status.textContent = conclusions.join(";");
  };
  const go = (query, push) => {
    history[push ? "pushState" : "replaceState"](null, "", `/?${query}`);
  };
  const turns = (query) => [...query.keys()].filter((name) => name === "q" || name.startsWith("q.")).length;

  // Puts a turn into the conversation: the first of a new one, or one more.
  const put = (turn, query, first) => {
    prepare(turn);
    if (first) conversation.replaceChildren();
    for (const panel of conversation.querySelectorAll(".facts")) panel.inert = true;
    conversation.append(turn);
    main.querySelector(".hero").classList.add("small");
    main.querySelector(".examples").open = false;
    follow.hidden = false;
    go(query, true);
    document.title = `${turn.querySelector(".asked").lastChild.textContent} · 医问`;
    say(turn);
    if (!first) turn.scrollIntoView({ block: "start" });
    painted();
  };
  const ask = async (query, first) => {
    status.textContent = "";
    conversation.setAttribute("aria-busy", "true");
    try {
      const turn = await yiwen.card(query);
      put(turn, turn.dataset.query, first);
      remember(first ? new URLSearchParams(query).get("q") : "");
      showRecent(main);
    } catch (problem) {
      status.classList.remove("hidden");
      status.textContent = problem.message;
    }
    conversation.removeAttribute("aria-busy");
  };
  const anew = () => {
    const params = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value.trim()) params.set(name, value.trim());
    if (params.has("q")) ask(params.toString(), true);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    anew();
  });
  follow.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = follow.querySelector("#follow");
    const last = conversation.lastElementChild;
    const params = new URLSearchParams(last?.dataset.query);
    if (!last || !field.value.trim()) return;
    params.set(`q.${turns(params) + 1}`, field.value.trim());
    field.value = "";
    ask(params.toString(), false);
  });
  suggest(box, yiwen.suggestions, anew);
  rememberPlace(form.elements.namedItem("region"));
  for (const turn of conversation.querySelectorAll(".turn")) prepare(turn);
  if (conversation.children.length) remember(box.value);
  showRecent(main);
  live(main, yiwen, {
    lifts: true,
    replaced(turn) {
      go(turn.dataset.query, false);
      say(turn);
    },
    ask(query) {
      const params = new URLSearchParams(query);
      box.value = params.get("q") ?? "";
      for (const name of ["region", "at"]) {
        const value = params.get(name);
        if (value) form.elements.namedItem(name).value = value;
      }
      scrollTo({ top: 0 });
      anew();
    },
  });
}

// Filters answer as one types, over what is on the page; choices send their form.
function filters(main) {
  for (const input of main.querySelectorAll("[data-filter]")) {
    input.addEventListener("input", () => {
      const words = input.value.trim();
      for (const line of main.querySelectorAll(input.dataset.filter)) line.hidden = !line.textContent.includes(words);
    });
  }
  for (const form of main.querySelectorAll("[data-submit-on-change]")) {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, [type=date]")) form.requestSubmit();
    });
  }
}

function start(main) {
  asking(main);
  filters(main);
  if (!main.querySelector(".hero")) live(main, yiwen, { lifts: true, replaced() {}, ask: (query) => location.assign(`/?${query}`) });
}

addEventListener("popstate", async () => {
  try {
    const fresh = await yiwen.part(location.pathname + location.search, "main");
    document.querySelector("main").replaceWith(fresh);
    start(fresh);
  } catch {
    location.reload();
  }
});
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll(".sources, .conflicts")) part.open = true;
});

preferences(document);
start(document.querySelector("main"));
