// Package rfb is a server for RFB, the protocol of VNC (RFC 6143 and the community's registry of extensions,
// https://github.com/rfbproto/rfbproto): it shows a picture that your program draws to viewers such as noVNC and TigerVNC,
// and hands you their keys, pointer and clipboard.
//
// A [Display] holds the picture. One goroutine, the capturer, changes it with [Display.Update]; any number of
// connections show it, each served by [Conn.Serve] on a stream that your program has accepted, and authenticated, by its own
// means. [Display.Wanted] blocks while no viewer could take a picture, so that nothing is captured for nobody.
//
// There is no frame clock. A connection sends a change at once, keeps at most two updates on their way (the viewer's answers
// to fences tell), and then sends the newest picture, never an old one: what it sends is the difference between what this
// viewer has and what the display shows now. Text and flat areas are sent exactly; only photographs become JPEG, whose quality
// follows the link and which is replaced by the exact picture once the link is idle.
//
// All input is hostile: lengths, counts and rectangles are checked before anything is allocated, and a viewer that does not
// read costs its own connection and nothing else.
package rfb
