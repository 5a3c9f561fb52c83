/* Runs before the first paint, so that a remembered choice of colours and row height never flashes. */
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");
  for (const name of ["theme", "density"]) {
    try {
      const chosen = localStorage.getItem(name);
      if (chosen) root.dataset[name] = chosen;
    } catch { /* storage is off: the system's choice holds */ }
  }
})();
