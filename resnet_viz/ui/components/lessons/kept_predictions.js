// Tells which predictions this browser kept of earlier visits.

export default function ({ data, setStateValue }) {
  const kept = {}
  for (const key of data.keys) {
    try {
      const guess = JSON.parse(localStorage.getItem(`resnet_viz.${key}`))
      if (guess !== null) kept[key] = guess
    } catch {} // a private window, or not ours
  }
  if (Object.keys(kept).length) setStateValue("kept", kept)
}
