package launch

import (
	"strings"
	"testing"
)

func TestParseFlags(t *testing.T) {
	for _, tt := range []struct {
		args string // separated by spaces
		want Flags
		err  string
	}{
		{args: "", want: Flags{}},
		{args: "-resume", want: Flags{Resume: true}},
		{args: "--resume", want: Flags{Resume: true}},
		{args: "-server https://help.example.com -code 123-456-7890", want: Flags{Server: "https://help.example.com", Code: "123-456-7890"}},
		{args: "--server=http://localhost:8080 -log=a=b.log -code=", want: Flags{Server: "http://localhost:8080", Log: "a=b.log"}},
		{args: "-code -resume", want: Flags{Code: "-resume"}}, // as package flag does
		{args: "-code", err: "-code needs a value"},
		{args: "-help", err: "-help is not a flag"},
		{args: "-resume=no", err: "-resume=no is not a flag"},
		{args: "- x", err: "- is not a flag"},
		{args: "-- x", err: "-- is not a flag"},
		{args: "---resume", err: "---resume is not a flag"},
		{args: "resume", err: "resume is not a flag"},
		{args: "-resume rejoin.exe", err: "rejoin.exe is not a flag"},
		{args: "server x", err: "server is not a flag"},
	} {
		got, err := ParseFlags(strings.Fields(tt.args))
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%q: %+v, %v; want %+v, %q", tt.args, got, err, tt.want, tt.err)
		}
	}
	if _, err := ParseFlags([]string{strings.Repeat("é", 1000)}); err == nil || len(err.Error()) > 150 {
		t.Errorf("a long argument: %v", err)
	}
}
