// The spy runs inside the rig's Windows and answers what the tests ask: which windows are there and what they say, which
// programs run, what is in the registry. It can also do what a hostile program would: inject input and post messages.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/rejoin/rejoin/internal/winerig/spywire"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q spywire.Request
		var a spywire.Reply
		err := json.Unmarshal(in.Bytes(), &q)
		if err == nil {
			err = answer(q, &a)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if out.Encode(a) != nil {
			return
		}
	}
}

func answer(q spywire.Request, a *spywire.Reply) (err error) {
	switch q.Do {
	case "windows":
		a.Windows = topWindows()
	case "processes":
		a.Processes, err = processes()
	case "kill":
		err = kill(q.Pid)
	case "uptime":
		a.Uptime = windows.DurationSinceBoot().Milliseconds()
	case "reg.get", "reg.set", "reg.delete":
		err = reg(q, a)
	case "inject.click":
		injectClick(q.X, q.Y)
	case "inject.key":
		injectKey(q.Key)
	case "restart":
		err = windows.ExitWindowsEx(windows.EWX_REBOOT, 0x80020003) // planned, the operating system, an upgrade
	case "clipboard":
		err = setClipboard(q.Value)
	case "post":
		post.Call(uintptr(q.Window), uintptr(q.Message), uintptr(q.W), uintptr(q.L))
	default:
		err = fmt.Errorf("unknown request %q", q.Do)
	}
	return err
}

func processes() ([]spywire.Process, error) {
	snap, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(snap)
	var found []spywire.Process
	e := windows.ProcessEntry32{}
	e.Size = uint32(unsafe.Sizeof(e))
	for err = windows.Process32First(snap, &e); err == nil; err = windows.Process32Next(snap, &e) {
		found = append(found, spywire.Process{Pid: e.ProcessID, Name: windows.UTF16ToString(e.ExeFile[:])})
	}
	return found, nil
}

func kill(pid uint32) error {
	h, err := windows.OpenProcess(windows.PROCESS_TERMINATE|windows.SYNCHRONIZE, false, pid)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	if err := windows.TerminateProcess(h, 9); err != nil {
		return err
	}
	_, err = windows.WaitForSingleObject(h, 10000)
	return err
}

func reg(q spywire.Request, a *spywire.Reply) error {
	root := registry.CURRENT_USER
	if q.Root == "HKLM" {
		root = registry.LOCAL_MACHINE
	}
	if q.Do == "reg.set" {
		k, _, err := registry.CreateKey(root, q.Path, registry.SET_VALUE)
		if err != nil {
			return err
		}
		defer k.Close()
		return k.SetStringValue(q.Name, q.Value)
	}
	k, err := registry.OpenKey(root, q.Path, registry.QUERY_VALUE|registry.SET_VALUE)
	if err == registry.ErrNotExist {
		return nil
	}
	if err != nil {
		return err
	}
	defer k.Close()
	if q.Do == "reg.delete" {
		err = k.DeleteValue(q.Name)
	} else {
		a.Value, _, err = k.GetStringValue(q.Name)
		a.Found = err == nil
	}
	if err == registry.ErrNotExist {
		return nil
	}
	return err
}
