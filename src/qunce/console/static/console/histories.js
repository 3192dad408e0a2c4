// Handing in a history: dropped or chosen, uploaded with its progress, given up at any time.
//   form[data-upload]   has a file field, a <progress>, an <output> for words, and a button with data-upload-stop;
//                       the form's data-sent says "{done} of {all} MB" in the reader's language
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const field = form.querySelector("input[type=file]");
  const bar = form.querySelector("progress");
  const told = form.querySelector("output");
  const zone = form.querySelector("[data-drop]");
  const megabytes = (bytes) => (bytes / 1048576).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  let request = null;

  const stand = (uploading) => {
    form.classList.toggle("is-uploading", uploading);
    zone.inert = uploading;
    if (!uploading) field.value = "";
  };
  const failed = (html) => {
    stand(false);
    told.textContent = html ? "" : form.dataset.lost;
    if (html) document.getElementById("notices").insertAdjacentHTML("beforeend", html);
  };
  const send = (file) => {
    const body = new FormData(form);
    body.set(field.name, file);
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("X-CSRFToken", document.querySelector('meta[name="csrf-token"]').content);
    request.upload.onprogress = ({ loaded, total }) => {
      bar.max = total;
      bar.value = loaded;
      const words = loaded < total ? form.dataset.sent : form.dataset.reading;
      told.textContent = words.replace("{done}", megabytes(loaded)).replace("{all}", megabytes(total));
    };
    request.onload = () => {
      const next = request.getResponseHeader("HX-Redirect");
      if (next) {
        request = null;
        location.assign(next);
      } else failed(request.status >= 400 && request.status < 500 ? request.responseText : "");
      request = null;
    };
    request.onerror = () => {
      request = null;
      failed("");
    };
    request.onabort = () => {
      request = null;
      told.textContent = "";
      stand(false);
    };
    bar.value = 0;
    told.textContent = "";
    stand(true);
    request.send(body);
  };

  field.addEventListener("change", () => field.files.length && send(field.files[0]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.files.length) send(field.files[0]);
    else field.click();
  });
  form.querySelector("[data-upload-stop]").addEventListener("click", () => request?.abort());
  addEventListener("beforeunload", (event) => request && event.preventDefault());

  // ---- dropped anywhere on the page
  let depth = 0;
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (by) => {
    depth = Math.max(0, depth + by);
    zone.classList.toggle("is-over", depth > 0 && !request);
  };
  document.addEventListener("dragenter", (event) => carries(event) && over(1));
  document.addEventListener("dragleave", (event) => carries(event) && over(-1));
  document.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    over(0);
    const [item] = event.dataTransfer.items;
    if (item?.webkitGetAsEntry?.()?.isDirectory) told.textContent = form.dataset.folder;
    else if (event.dataTransfer.files.length && !request) send(event.dataTransfer.files[0]);
  });
})();
