// @ts-check
/** A picture for those who have none at hand: hills under an evening sky, drawn here. */

const [WIDTH, HEIGHT] = [240, 160];

/** @returns {Promise<File>} */
export function drawn() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const sky = pen.createLinearGradient(0, 0, 0, HEIGHT);
  sky.addColorStop(0, "#3b4a7a");
  sky.addColorStop(1, "#f2b27a");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.fillStyle = "#ffe9b8";
  circle(pen, 172, 84, 20);
  pen.fillStyle = "#3f5f4a";
  circle(pen, 60, 240, 150);
  pen.fillStyle = "#2c4637";
  circle(pen, 190, 300, 190);
  return new Promise((done) =>
    canvas.toBlob((blob) => done(new File([/** @type {Blob} */ (blob)], "evening.png", { type: "image/png" }))),
  );
}

function circle(/** @type {CanvasRenderingContext2D} */ pen, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}
