package agent

// consent is what the customer has agreed to on this PC.
type consent struct{}
