document.getElementById("later").textContent =
  "The seller gave the name Corwin Ashdale and the number 07700 900781; this sentence stands in no HTML that the server sent.";
for (const choice of ["accept", "reject"]) {
  document.getElementById(choice).addEventListener("click", () => {
    document.getElementById("cookie-banner").hidden = true;
  });
}
