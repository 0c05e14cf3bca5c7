// Keeps the key of a race for this browser: a reload is a new session, and steers on.
export default function ({ data }) {
  const { name, key, seconds } = data
  document.cookie = `${name}=${key}; path=/; max-age=${seconds}; SameSite=Strict`
}
