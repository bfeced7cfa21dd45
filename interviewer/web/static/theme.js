// The host's color: as it is where text stands on it, moved until it can be read where it stands
// on our ground (4.5 to 1).
const ENOUGH = 4.5;
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function readable(color, ground) {
  const end = luminance(ground) > 0.18 ? 0 : 255; // towards black on a light ground
  let moved = color;
  for (let step = 0; step <= 20 && contrast(moved, ground) < ENOUGH; step++) {
    moved = color.map((part) => Math.round(part + ((end - part) * step) / 20));
  }
  return moved;
}

const rgb = (color) => `rgb(${color.join(" ")})`;
const parsed = (hex) => [0, 2, 4].map((place) => parseInt(hex.slice(place, place + 2), 16));

function apply() {
  const ground = getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).map(Number);
  const color = parsed(root.dataset.color);
  const [black, white] = [[0, 0, 0], [255, 255, 255]];
  root.style.setProperty("--accent", rgb(color));
  root.style.setProperty("--on-accent", rgb(contrast(color, white) >= ENOUGH ? white : black));
  root.style.setProperty("--strong", rgb(readable(color, ground)));
}

export function paint() {
  if (!root.dataset.color) return;
  apply();
  dark.addEventListener("change", apply);
}
