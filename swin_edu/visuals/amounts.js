// Large numbers in few letters, said as amounts.py says them: 145 M, 2.00 G, 118 MB.

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];

/** Three digits and a power of 1000, and a unit after it; whole numbers below 10,000 without a unit as they are. */
export function compact(value, unit = "") {
  if (!unit && Number.isInteger(value) && value < 10_000) return grouped(value);
  let [number, power] = [value, 0];
  const digits = (x) => (Number.isInteger(x) && power === 0 ? String(x) : x.toPrecision(3));
  while (Number(digits(number)) >= 1000 && power < PREFIXES.length - 1) {
    power += 1;
    number = value / 1000 ** power;
  }
  return `${digits(number)} ${PREFIXES[power]}${unit}`.trimEnd();
}

/** How many times: whole numbers as they are, from 100 on rounded ("1,337"), else three digits ("13.8"). */
export function ratioText(ratio) {
  if (Number.isInteger(ratio) || ratio >= 99.95) return grouped(Math.round(ratio));
  return String(Number(ratio.toPrecision(3)));
}

/** 1234567 -> "1,234,567". */
export const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** A share in whole percent; never 0 or 100 where something is there or missing. */
export function percent(share) {
  const whole = Math.round(100 * share);
  if (whole === 0 && share > 0) return "< 1 %";
  if (whole === 100 && share < 1) return "> 99 %";
  return `${whole} %`;
}
