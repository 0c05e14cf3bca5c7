// The frame of a graph: its tools, the picture, and what is said of it.

export const HTML = `<div class="tools">
  <span class="name"><strong class="title"></strong> <span class="said"></span></span>
  <input class="find" type="search" aria-label="Find a block" placeholder="Find a block" title="By name, kind or shape, such as stage 2, projection or 28x28. Enter: the next one; Escape: to the block" hidden>
  <span class="count" role="status"></span>
  <button type="button" data-do="close" hidden>Close all blocks</button>
  <button type="button" data-do="in" aria-label="Zoom in" title="Zoom in (+)">+</button>
  <button type="button" data-do="out" aria-label="Zoom out" title="Zoom out (-)">&minus;</button>
  <button type="button" data-do="whole" aria-pressed="false" title="The whole net, or text of a readable size (0)">Whole</button>
  <button type="button" data-do="save" title="Save this picture">SVG</button>
  <button type="button" data-do="full" title="Full screen (f)">Full screen</button>
</div>
<div class="picture" tabindex="0" role="application"></div>
<div class="map" aria-hidden="true" hidden></div>
<div class="goes" aria-hidden="true" hidden></div>
<div class="end"></div>
<div class="words" role="tooltip" hidden></div>`
