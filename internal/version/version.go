// Package version holds the version of the server and the agent.
package version

// Version is set by the linker; builds without it are development builds.
var Version = "dev"
