// Package browser has tests that look at pages of isvc in a real browser: the pictures of isvc explain and isvc
// plan, and the playground. They need Chromium, and skip where there is none.
package browser
