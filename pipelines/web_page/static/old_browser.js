// Browsers without modules run this script alone.
var place = document.getElementById("error");
function say() {
  var error = document.getElementById("error");
  error.hidden = false;
  error.textContent =
    "This browser is too old for the page: it cannot load modules. Use a current Firefox, Chrome, Edge or Safari.";
  document.getElementById("status").textContent = "";
}
if (place) say();
else document.addEventListener("DOMContentLoaded", say);
