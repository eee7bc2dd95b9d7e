// Package winerig is a Windows PC for tests, made of Wine: it runs the real .exe of the agent, shows its windows on a
// virtual screen, clicks and types like a person, and goes through real power cycles with a fresh boot clock.
//
//	pc := winerig.New(t, winerig.Options{})
//	exe := winerig.BuildAgent(t)
//	agent := pc.Start(pc.Put(exe, `C:\users\root\Downloads\rejoin.exe`), "-server", url, "-code", code)
//	prompt := pc.WaitWindow("RejoinPrompt")
//	pc.Click(prompt.Control("Yes, restart"))     // a real mouse press at the button's place
//	pc.PowerCycle(2 * time.Second)               // waits until Windows went down, then the power is off for 2 s
//	pc.WaitWindow("RejoinChat")                  // the agent is back by itself
//
// # What a PC is
//
// [New] copies a template prefix (made once per machine from nothing, 30 s; kept in the user's cache folder), starts an
// X server of its own and boots: a wineserver, then wineboot. Each boot gets a time namespace in which the machine has been up
// for some seconds, so tick counts start again as they do on a real PC. Every program the rig starts joins it. All of it goes with
// the test; should the test binary be killed, the kernel takes the X server and the wineserver along, and all Windows programs
// with it.
//
// # Restarting
//
// The agent's ExitWindowsEx makes Wine ask and end the programs with windows, run RunOnce and Run again and go on. A real
// PC is off for a while in between. So each boot arms a gate: a program in HKLM RunOnce that Wine starts first, and
// waits for, when it "boots" again. When it runs, the Windows session is down; [PC.PowerCycle] then ends the wineserver
// (power off), waits, and boots anew. [PC.WentDown] only waits for the gate. [PC.Restart] restarts without the agent's doing, as
// an update does; [PC.PullPlug] does without any of Windows' ceremony; [PC.PowerOff] and [PC.PowerOn] leave time in between.
//
// # The network
//
// Programs on the PC use this machine's loopback. [NewCable] lays a relay between the PC and a server that can be cut, plugged in
// again, and turned into a black hole.
//
// # What isn't Windows
//
// HKCU RunOnce, which Wine never processes, is run by the rig's own sign-in program (logon), registered in HKLM Run. Wine 8 asks
// programs to end in the order of their process IDs and not by shutdown level: start what shall block ([PC.StartStubborn]) before
// the agent. Wine's registry is written to disk when the wineserver ends, so a pulled plug loses no registry value, flushed
// or not. InitiateShutdownW, bcdedit, Safe Mode, the sign-in screen and real ACLs aren't there at all.
//
// # Requirements
//
// wine64 8 or later, wineserver, Xvfb, xdotool, x86_64-w64-mingw32-gcc (for a DLL that Wine 8 lacks and Go needs), and
// unshare and nsenter with --time (root, or user namespaces). Without wine tests are skipped; with REJOIN_REQUIRE_WINE=1
// they fail instead.
package winerig
