// What this browser keeps, and nobody else sees. Where there is no storage, nothing is kept.

export function read(name) {
  try {
    return localStorage.getItem(`yiwen-${name}`) ?? "";
  } catch {
    return "";
  }
}

export function write(name, value) {
  try {
    if (value) localStorage.setItem(`yiwen-${name}`, value);
    else localStorage.removeItem(`yiwen-${name}`);
  } catch {
    // Private windows may refuse; the page works without.
  }
}
