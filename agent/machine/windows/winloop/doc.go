// Package winloop runs Win32 message loops. A [Thread] is a goroutine locked to its OS thread, as windows belong to the
// thread that made them; everything else is handed over with [Thread.Do].
package winloop
