// Package text is what the agent says to the customer, in the language of their Windows. The catalogues en.json and
// fr.json are complete: a test holds them to the same keys and the same {placeholders}.
package text
