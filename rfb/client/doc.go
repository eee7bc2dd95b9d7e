// Package client is a small RFB (VNC) viewer without a window, for tests and benchmarks of servers: it decodes what a server
// sends into a picture in memory, counts every byte, and sends keys, pointer and clipboard (RFC 6143 and
// https://github.com/rfbproto/rfbproto).
//
// It shares no code with the server in package rfb, only its plain types, so that the one finds the other's errors, and it is
// stricter than viewers for people are: what the specifications forbid ends the connection with an error that says what it
// was, and pixels that a server has not sent (after a resize, say) are a loud magenta instead of what was there before.
//
// Everything a server sends is hostile: lengths, counts and rectangles are checked before anything is allocated, and
// [Options] caps the picture and the clipboard. Security is None only; transport security is the stream's.
package client
