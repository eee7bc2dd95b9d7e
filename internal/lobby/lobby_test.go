package lobby

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

func TestTheLongestWaitingIsPutOut(t *testing.T) {
	l := New(4, 2)
	var out []string
	enter := func(key, name string) func() bool {
		return l.Enter(key, func() { out = append(out, name) })
	}
	enter("a", "a1")
	leaveA2 := enter("a", "a2")
	enter("b", "b1")
	enter("a", "a3") // a's third: a1 goes
	if want := []string{"a1"}; !slices.Equal(out, want) {
		t.Fatalf("put out %v, want %v", out, want)
	}
	if !leaveA2() || leaveA2() {
		t.Error("leaving must work once")
	}
	enter("c", "c1")
	enter("d", "d1") // b1, a3, c1, d1: full
	enter("e", "e1") // b1 goes
	if want := []string{"a1", "b1"}; !slices.Equal(out, want) {
		t.Fatalf("put out %v, want %v", out, want)
	}
	if l.Len() != 4 {
		t.Errorf("%d waiting, want 4", l.Len())
	}
}

func TestThoseWithoutAKeyAreBoundedByTheTotalAlone(t *testing.T) {
	l := New(3, 1)
	out := 0
	for range 5 {
		l.Enter("", func() { out++ })
	}
	if out != 2 || l.Len() != 3 {
		t.Errorf("put out %d, %d waiting; want 2 and 3", out, l.Len())
	}
}

func TestManyAtOnceNeverExceedTheBounds(t *testing.T) {
	l := New(50, 10)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 200 {
				leave := l.Enter(fmt.Sprint((i+j)%9), func() {})
				if n := l.Len(); n > 50 {
					t.Errorf("%d waiting", n)
				}
				if j%2 == 0 {
					leave()
				}
			}
		})
	}
	wg.Wait()
	for key, keys := range l.byKey {
		if keys.Len() == 0 || keys.Len() > 10 {
			t.Errorf("key %s has %d guests", key, keys.Len())
		}
	}
}
