// Package sim is a simulated Windows PC: power, boots, sign-in, a network cable, programs that block a restart, Windows
// Update, a disk that outlives all of it, and processes of the agent that run on it and can be killed. The demo and the
// tests run the real agent on it.
//
// A [PC] is driven from outside (the plug, the customer's hands, Windows itself); each process of the agent gets a
// [Process], which is its [machine.Machine] and its network. Killing a process, or the PC, makes its Process dead: whatever
// the agent's goroutines still try has no effect, as if they were gone.
//
// A PC has a picture, mouse, keyboard and clipboard too (package desktop), once somebody asks for its screen: [Process.Screen]
// is the agent's, [PC.Picture], [PC.CustomerMouse] and [PC.CustomerKey] are the customer's.
//
// With a disk in memory nothing here uses the real clock or does I/O by itself, so that all of it works in a
// testing/synctest bubble.
package sim
