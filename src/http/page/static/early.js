// Before the first paint: the colours and the size of type that this browser was told to keep.
for (const name of ["theme", "size"]) {
  try {
    const kept = localStorage.getItem(`yiwen-${name}`);
    if (kept) document.documentElement.dataset[name] = kept;
  } catch {
    // No storage: the page looks as the system says.
  }
}
