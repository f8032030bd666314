// @ts-check
/** What scrolls and is at its end stays there, whatever grows in it or takes room beside it; further up it stays put. */

const NEAR = 80;

export class End {
  constructor(/** @type {HTMLElement} */ scroll) {
    this.scroll = scroll;
    this.wasNear = true;
    this.top = 0;
    scroll.addEventListener("scroll", () => this.note());
    new ResizeObserver(() => this.keep()).observe(scroll);
  }

  get isNear() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR;
  }

  note() {
    this.wasNear = this.isNear;
    this.top = this.scroll.scrollTop;
  }

  /** A reader's move up counts at once; the browser tells of it a little later. */
  keep() {
    if (this.isNear || (this.wasNear && this.scroll.scrollTop >= this.top)) this.go();
  }

  go() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.note();
  }
}
