// Copies what the pages use out of node_modules into the folder of static files, each with its licence:
//   node tools/assets.mjs
// package.json says which versions; the copies stay out of git and are part of the wheel. Texts also get a compressed
// copy beside them, which is what browsers are sent.
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const assets = {
  "htmx.org": ["dist/htmx.min.js"],
  "@tabler/core": ["dist/css/tabler.min.css"],
  "@tabler/icons-webfont": ["dist/tabler-icons.min.css", "dist/fonts/tabler-icons.woff2"],
  echarts: ["dist/echarts.min.js"],
  // For pictures and documents; pages use the reader's own fonts.
  "@expo-google-fonts/noto-sans-sc": ["400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf"],
};
const renamed = {
  "tabler-icons.woff2": "fonts/tabler-icons.woff2",
  "NotoSansSC_400Regular.ttf": "fonts/NotoSansSC-Regular.ttf",
  "NotoSansSC_700Bold.ttf": "fonts/NotoSansSC-Bold.ttf",
};

const root = join(import.meta.dirname, "..");
const vendor = join(root, "src/qunce/console/static/vendor");
rmSync(vendor, { recursive: true, force: true });
for (const folder of ["fonts", "licenses"]) mkdirSync(join(vendor, folder), { recursive: true });

for (const [name, files] of Object.entries(assets)) {
  const source = join(root, "node_modules", name);
  for (const file of files) {
    const copy = join(vendor, renamed[basename(file)] ?? basename(file));
    copyFileSync(join(source, file), copy);
    if (/\.(css|js)$/.test(copy)) writeFileSync(`${copy}.gz`, gzipSync(readFileSync(copy), { level: 9 }));
  }
  for (const file of readdirSync(source)) {
    const title = `${name.replace("@", "").replace("/", "-")}-${file}`;
    if (/^(licen[cs]e|notice)/i.test(file)) cpSync(join(source, file), join(vendor, "licenses", title), { recursive: true });
  }
}
