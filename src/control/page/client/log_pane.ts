/** One log: its last lines, a bounded number of bounded length, and what comes. */
import type { LogPart } from '../messages';
import { element, icon, setText } from './element';
import { bytes, counted } from './format';
import { spansOf } from './log_text';

const MOST_LINES = 5000;
const LONGEST_LINE = 4000;
/** Lines that are laid out together, or not at all while they are out of sight. */
const BLOCK = 100;
/** Of what came since the last frame. */
const MOST_WAITING = 1024 * 1024;
/** From the end: still "at the end". */
const NEAR = 30;

const TITLES = { stdout: 'Output', stderr: 'Errors', main: 'Main log' } as const;

export class LogPane {
  readonly element: HTMLElement;
  readonly #lines = element('div', { class: 'lines', tabindex: '0', role: 'region' });
  readonly #follow: HTMLButtonElement;
  readonly #hint = element('p', { class: 'hint' });
  #waiting = '';
  #frame: number | undefined;
  /** A line whose end has not come, and how much of it is not shown. */
  #open: HTMLElement | undefined;
  #openText = '';
  #openHidden = 0;
  #count = 0;
  #words = '';
  #isFollowing = true;
  #unseen = 0;

  constructor(log: LogPart['log']) {
    const title = TITLES[log];
    this.#lines.setAttribute('aria-label', title);
    this.#follow = element(
      'button',
      { type: 'button', class: 'follow', hidden: true },
      icon('fold'),
      element('span'),
    );
    this.#follow.addEventListener('click', () => this.#goToEnd());
    this.#lines.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    setText(this.#hint, 'Waiting for the supervisor …');
    this.element = element(
      'div',
      { class: 'pane', 'data-log': log },
      element('h2', {}, title, element('small', {}, log === 'main' ? '' : log)),
      element('div', { class: 'pane-body' }, this.#lines, this.#hint, this.#follow),
    );
  }

  take({ text, isFirst, isMissing, skipped }: LogPart): void {
    if (isFirst) this.#clear();
    if (isFirst) setText(this.#hint, isMissing ? 'There is no log yet.' : 'Nothing has been written yet.');
    if (skipped !== undefined) {
      this.#flush();
      this.#endLine();
      this.#notice(`${bytes(skipped)} came too fast to be shown; they are in the file`);
    }
    if (text === '') return;
    this.#waiting += text;
    if (this.#waiting.length > MOST_WAITING) this.#waiting = this.#waiting.slice(-MOST_WAITING);
    this.#frame ??= requestAnimationFrame(() => this.#flush());
  }

  /** Shows only lines that have all of these words. */
  filter(words: string): void {
    this.#words = words.toLowerCase();
    for (const line of this.#lines.querySelectorAll<HTMLElement>('.line')) this.#narrow(line);
    if (this.#isFollowing) this.#goToEnd();
  }

  wrap(isWrapped: boolean): void {
    this.#lines.classList.toggle('wrapped', isWrapped);
    if (this.#isFollowing) this.#goToEnd();
  }

  #narrow(line: HTMLElement): void {
    const text = (line.textContent ?? '').toLowerCase();
    line.hidden = !this.#words.split(/\s+/).every((word) => text.includes(word));
  }

  #clear(): void {
    this.#waiting = '';
    this.#lines.replaceChildren();
    this.#open = undefined;
    this.#openText = '';
    this.#openHidden = 0;
    this.#count = 0;
    this.#hint.hidden = false;
    this.#goToEnd();
  }

  #flush(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    const parts = this.#waiting.split('\n');
    this.#waiting = '';
    const before = this.#count;
    parts.forEach((part, at) => {
      this.#extend(part);
      if (at < parts.length - 1) this.#endLine();
    });
    this.#hint.hidden = this.#count > 0;
    this.#trim();
    if (this.#isFollowing) this.#goToEnd();
    else this.#miss(this.#count - before);
  }

  #extend(text: string): void {
    if (text === '' && !this.#open) return;
    const room = LONGEST_LINE - this.#openText.length;
    this.#openText += text.slice(0, room);
    this.#openHidden += Math.max(0, text.length - room);
    this.#open ??= this.#add('line');
    const spans = spansOf(this.#openText.replace(/\r$/, ''));
    const hidden =
      this.#openHidden > 0 &&
      element('em', {}, ` … ${counted(this.#openHidden, 'character')} more in this line`);
    this.#open.replaceChildren(
      ...spans.map((span) =>
        span.classes === ''
          ? document.createTextNode(span.text)
          : element('span', { class: span.classes }, span.text),
      ),
      ...(hidden ? [hidden] : []),
    );
    if (this.#words !== '') this.#narrow(this.#open);
  }

  #endLine(): void {
    // An empty line is one too.
    if (!this.#open) this.#add('line');
    this.#open = undefined;
    this.#openText = '';
    this.#openHidden = 0;
  }

  #notice(words: string): void {
    setText(this.#add('notice'), words);
  }

  #add(kind: 'line' | 'notice'): HTMLElement {
    let block = this.#lines.lastElementChild;
    if (!block || block.childElementCount >= BLOCK) {
      block = element('div', { class: 'block' });
      this.#lines.append(block);
    }
    const line = element('div', { class: kind });
    block.append(line);
    this.#count++;
    return line;
  }

  #trim(): void {
    for (;;) {
      const first = this.#lines.firstElementChild;
      if (!first || this.#count - first.childElementCount < MOST_LINES) return;
      this.#count -= first.childElementCount;
      first.remove();
    }
  }

  #onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#lines;
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#isFollowing) this.#unseen = 0;
    this.#showFollow();
  }

  #miss(lines: number): void {
    this.#unseen += Math.max(0, lines);
    this.#showFollow();
  }

  #showFollow(): void {
    this.#follow.hidden = this.#isFollowing;
    const span = this.#follow.querySelector('span');
    if (span) setText(span, this.#unseen > 0 ? counted(this.#unseen, 'new line') : 'To the end');
  }

  #goToEnd(): void {
    this.#isFollowing = true;
    this.#unseen = 0;
    this.#showFollow();
    this.#lines.scrollTop = this.#lines.scrollHeight;
  }
}
