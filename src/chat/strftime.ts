// Dates as Python's strftime writes them in the C locale: templates name the day with it, and a model was
// trained on English names wherever it runs. A directive that is not here is refused, since what it would
// write instead is another prompt.
import { TemplateRunError } from '../jinja/index.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

const two = (value: number): string => String(value).padStart(2, '0');

const directives: Readonly<Record<string, (date: Date) => string>> = {
  a: (date) => days[date.getDay()].slice(0, 3),
  A: (date) => days[date.getDay()],
  b: (date) => months[date.getMonth()].slice(0, 3),
  B: (date) => months[date.getMonth()],
  d: (date) => two(date.getDate()),
  H: (date) => two(date.getHours()),
  I: (date) => two(date.getHours() % 12 || 12),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  S: (date) => two(date.getSeconds()),
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  '%': () => '%',
};

/** The local time in a format of `%` directives. Throws TemplateRunError for one that it does not know. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(.?)/gs, (directive, letter: string) => {
    if (!Object.hasOwn(directives, letter)) throw new TemplateRunError(`strftime does not know ${directive}`);
    return directives[letter](date);
  });
}
