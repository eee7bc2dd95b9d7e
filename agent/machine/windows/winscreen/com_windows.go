package winscreen

import (
	"fmt"
	"syscall"
	"unsafe"
)

// object is a COM object: a pointer to the table of its methods. Whoever got one must release it.
type object struct{ methods *[64]uintptr }

// hresult is a method's result; negative ones are errors.
type hresult uint32

func (h hresult) failed() bool { return int32(h) < 0 }

func (h hresult) Error() string { return fmt.Sprintf("HRESULT %#x", uint32(h)) }

// call calls a method by its place in the table.
//
//go:uintptrescapes
func (o *object) call(method int, args ...uintptr) hresult {
	var all [12]uintptr
	all[0] = uintptr(unsafe.Pointer(o))
	n := copy(all[1:], args) + 1
	r, _, _ := syscall.SyscallN(o.methods[method], all[:n]...)
	return hresult(r)
}

// as asks the object for another of its interfaces; nil if it has it not.
func (o *object) as(id *guid) *object {
	var out *object
	if o.call(unknownQueryInterface, uintptr(unsafe.Pointer(id)), uintptr(unsafe.Pointer(&out))).failed() {
		return nil
	}
	return out
}

func (o *object) release() {
	if o != nil {
		o.call(unknownRelease)
	}
}
