package text

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

//go:embed en.json
var englishJSON []byte

//go:embed fr.json
var frenchJSON []byte

// Words speaks one language. It is safe for concurrent use.
type Words struct {
	Language string // "en", "fr"
	texts    map[Key]string
}

var (
	english = sync.OnceValue(func() *Words { return load("en", englishJSON) })
	french  = sync.OnceValue(func() *Words { return load("fr", frenchJSON) })
)

// For returns the words for a BCP 47 locale such as "fr-CH"; English for languages that there is no catalogue for.
func For(locale string) *Words {
	language, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(locale), "_", "-"), "-")
	if language == "fr" {
		return french()
	}
	return english()
}

func load(language string, data []byte) *Words {
	w := &Words{Language: language}
	if err := json.Unmarshal(data, &w.texts); err != nil {
		panic(fmt.Sprintf("text: catalogue %s: %v", language, err)) // embedded: a test loads both
	}
	return w
}

// Say returns a text with its {placeholders} replaced; values are name, value pairs and are not expanded themselves. An
// unknown key comes out as it is.
func (w *Words) Say(key Key, values ...string) string {
	rest, ok := w.texts[key]
	if !ok {
		return string(key)
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, tail, _ := strings.Cut(after, "}")
		b.WriteString(lookUp(name, values))
		rest = tail
	}
}

func lookUp(name string, values []string) string {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			return values[i+1]
		}
	}
	return "{" + name + "}"
}
