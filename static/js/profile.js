// The profile: offers the time zone of this browser where another one is chosen.

function offer(button) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const choice = document.getElementById(button.dataset.ownZone);
  const isThere = [...choice.options].some((option) => option.value === own);
  const show = () => {
    button.hidden = !isThere || (choice.value || "UTC") === own;
  };
  button.textContent = `${button.dataset.text} ${own}`;
  button.addEventListener("click", () => {
    choice.value = own;
    choice.focus();
    show();
  });
  choice.addEventListener("change", show);
  show();
}

for (const button of document.querySelectorAll("[data-own-zone]")) {
  offer(button);
}
