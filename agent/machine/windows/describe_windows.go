package windows

import (
	"fmt"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/rejoin/rejoin/agent/machine"
	"github.com/rejoin/rejoin/agent/machine/windows/win32"
)

// Describe implements [machine.Machine].
func (pc *PC) Describe() (machine.Description, error) {
	name, err := windows.ComputerName()
	if err != nil {
		return machine.Description{}, fmt.Errorf("ask the PC's name: %w", err)
	}
	guid, err := machineGUID()
	if err != nil {
		return machine.Description{}, fmt.Errorf("identify the PC: %w", err)
	}
	return machine.Description{
		Name: name, OS: osName(), Platform: "windows", User: pc.user, Locale: Locale(), MachineID: machineID(guid),
		// Without a service the agent runs only while its user is signed in.
		SignedIn: true,
		Reboot:   machine.Capability{Available: true},
		SafeMode: machine.Capability{Why: "needs_service"},
	}, nil
}

func osName() string {
	v := windows.RtlGetVersion()
	product, display, revision := "", "", uint64(0)
	if k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows NT\CurrentVersion`, registry.QUERY_VALUE); err == nil {
		defer k.Close()
		product, _, _ = k.GetStringValue("ProductName")
		display, _, _ = k.GetStringValue("DisplayVersion")
		revision, _, _ = k.GetIntegerValue("UBR")
	}
	words := osWords(product, display, v.BuildNumber, uint32(revision))
	if win32.Metric(win32.SMCleanBoot) != 0 {
		words += ", Safe Mode"
	}
	return words
}

// machineGUID is made by Windows Setup and stays until the next one.
func machineGUID() (string, error) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return "", err
	}
	defer k.Close()
	guid, _, err := k.GetStringValue("MachineGuid")
	return guid, err
}
