// Logon plays the sign-in: it runs and deletes the values of HKCU RunOnce, which Wine never does. Names with a ! are deleted
// after the command line was started, others before; a * has no meaning outside Safe Mode.
package main

import (
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func main() {
	k, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\RunOnce`, registry.ALL_ACCESS)
	if err != nil {
		return
	}
	defer k.Close()
	names, err := k.ReadValueNames(0)
	if err != nil {
		os.Exit(1)
	}
	for _, name := range names {
		line, _, err := k.GetStringValue(name)
		if err != nil {
			continue
		}
		late := strings.Contains(name[:min(2, len(name))], "!")
		if !late {
			k.DeleteValue(name)
		}
		if start(line) == nil && late {
			k.DeleteValue(name)
		}
	}
}

// start runs the command line as it stands, as the shell does.
func start(line string) error {
	p, err := windows.UTF16PtrFromString(line)
	if err != nil {
		return err
	}
	si := windows.StartupInfo{}
	si.Cb = uint32(unsafe.Sizeof(si))
	var pi windows.ProcessInformation
	if err := windows.CreateProcess(nil, p, nil, nil, false, 0, nil, nil, &si, &pi); err != nil {
		return err
	}
	windows.CloseHandle(pi.Thread)
	windows.CloseHandle(pi.Process)
	return nil
}
