// Player: which step is shown. It follows the newest, stands where it was put, or plays.

export const PLAY_SECONDS = 12 // the whole of a race at speed 1

export class Player {
  step = 0
  follows = true
  isPlaying = false
  speed = 1
  loops = false
  #at = 0

  /** Move on by the seconds since the last frame; whether the step is another. */
  advance(seconds, newest) {
    const before = this.step
    if (this.isPlaying) {
      this.#at += (seconds * this.speed * Math.max(1, newest)) / PLAY_SECONDS
      if (this.#at >= newest) {
        // The last picture stands for two seconds before it begins again.
        const rest = (2 * this.speed * Math.max(1, newest)) / PLAY_SECONDS
        if (!this.loops) this.isPlaying = false
        else if (this.#at > newest + rest) this.#at = 0
      }
      this.step = Math.min(newest, Math.floor(this.#at))
    } else if (this.follows) this.step = newest
    return this.step !== before
  }

  /** Show a step and stay there. */
  put(step, newest) {
    this.step = this.#at = Math.min(newest, Math.max(0, step))
    this.follows = false
    this.isPlaying = false
  }

  /** Play from the step shown; from the first where it is the last. */
  play(newest) {
    if (this.step >= newest) this.step = 0
    this.#at = this.step
    this.follows = false
    this.isPlaying = true
  }

  follow() {
    this.follows = true
    this.isPlaying = false
  }
}
