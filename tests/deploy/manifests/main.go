// check-manifests decodes Kubernetes manifests strictly, as an API server would
// at best: unknown and repeated keys, wrong types and unknown kinds are errors.
//
//	check-manifests FILE...                 each document of each file ("-": standard input)
//	check-manifests --json FILE             each document as a line of JSON, unchecked
//	check-manifests --kustomize FOLDER      builds the overlay and prints it
//	check-manifests --source                the source that it was built from
//
// Pods must moreover be fit for the pod security standard "restricted".
//
// tools/setup builds it, so that its modules are pinned and no test needs the
// network.
package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	sigsyaml "sigs.k8s.io/yaml"
)

//go:embed *.go
var source embed.FS

// Kinds of other projects: their types are not among k8s.io/api. Only what
// this product says in them is known here.
var foreign = map[string]func() any{
	"cert-manager.io/v1 Certificate":          func() any { return &certificate{} },
	"monitoring.coreos.com/v1 PodMonitor":     func() any { return &podMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule": func() any { return &prometheusRule{} },
}

func newDecoder() (runtime.Decoder, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme,
		autoscalingv2.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer(), nil
}

// head is what every object has.
type head struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
}

type metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type certificate struct {
	head
	Spec struct {
		SecretName string `json:"secretName"`
		IssuerRef  struct {
			Group string `json:"group"`
			Kind  string `json:"kind"`
			Name  string `json:"name"`
		} `json:"issuerRef"`
		Duration    string `json:"duration"`
		RenewBefore string `json:"renewBefore"`
		PrivateKey  struct {
			Algorithm      string `json:"algorithm"`
			Size           int    `json:"size"`
			Encoding       string `json:"encoding"`
			RotationPolicy string `json:"rotationPolicy"`
		} `json:"privateKey"`
		URIs     []string `json:"uris"`
		DNSNames []string `json:"dnsNames"`
		Usages   []string `json:"usages"`
	} `json:"spec"`
}

type podMonitor struct {
	head
	Spec struct {
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
		PodMetricsEndpoints []struct {
			Port     string `json:"port"`
			Interval string `json:"interval"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

type prometheusRule struct {
	head
	Spec struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []struct {
				Alert       string            `json:"alert"`
				Expr        string            `json:"expr"`
				For         string            `json:"for"`
				Labels      map[string]string `json:"labels"`
				Annotations map[string]string `json:"annotations"`
			} `json:"rules"`
		} `json:"groups"`
	} `json:"spec"`
}

func check(decoder runtime.Decoder, document []byte) error {
	var object head
	if err := sigsyaml.Unmarshal(document, &object); err != nil {
		return err
	}
	name := fmt.Sprintf("%s %s", object.APIVersion, object.Kind)
	var err error
	if empty, ok := foreign[name]; ok {
		err = sigsyaml.UnmarshalStrict(document, empty())
	} else {
		err = checkOwn(decoder, document)
	}
	if err != nil {
		return fmt.Errorf("%s %q: %w", name, object.Metadata.Name, err)
	}
	if object.Metadata.Name == "" {
		return fmt.Errorf("%s: has no name", name)
	}
	return nil
}

// checkOwn looks at an object whose type is among k8s.io/api.
func checkOwn(decoder runtime.Decoder, document []byte) error {
	object, _, err := decoder.Decode(document, nil, nil)
	if err != nil {
		return err
	}
	return checkPod(podOf(object))
}

// forEach calls visit for every document that is more than comments, and
// returns how many there are, and every error.
func forEach(input io.Reader, visit func(document []byte) error) (int, error) {
	reader := yaml.NewDocumentDecoder(io.NopCloser(input))
	buffer := make([]byte, 8<<20)
	count := 0
	var problems error
	for {
		size, err := reader.Read(buffer)
		if errors.Is(err, io.EOF) {
			return count, problems
		}
		if err != nil {
			return count, err
		}
		if document := buffer[:size]; !isEmpty(document) {
			count++
			problems = errors.Join(problems, visit(document))
		}
	}
}

// isEmpty: nothing but comments.
func isEmpty(document []byte) bool {
	for _, line := range strings.Split(string(document), "\n") {
		line = strings.TrimSpace(line)
		if line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

func open(name string) (io.Reader, error) {
	if name == "-" {
		return os.Stdin, nil
	}
	content, err := os.ReadFile(name)
	return bytes.NewReader(content), err
}

func checkFiles(names []string) error {
	decoder, err := newDecoder()
	if err != nil {
		return err
	}
	total := 0
	for _, name := range names {
		input, err := open(name)
		if err != nil {
			return err
		}
		count, err := forEach(input, func(document []byte) error { return check(decoder, document) })
		if err != nil {
			return fmt.Errorf("%s:\n%w", name, err)
		}
		total += count
	}
	if total == 0 {
		return errors.New("there is no object")
	}
	fmt.Printf("%d objects\n", total)
	return nil
}

func printJSON(name string) error {
	input, err := open(name)
	if err != nil {
		return err
	}
	_, err = forEach(input, func(document []byte) error {
		line, err := sigsyaml.YAMLToJSONStrict(document)
		fmt.Printf("%s\n", line)
		return err
	})
	return err
}

func kustomize(folder string) error {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return err
	}
	text, err := built.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

func printSource() error {
	files, err := source.ReadDir(".")
	for _, file := range files {
		content, _ := source.ReadFile(file.Name())
		fmt.Print(string(content))
	}
	return err
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 1 && arguments[0] == "--source":
		return printSource()
	case len(arguments) == 2 && arguments[0] == "--json":
		return printJSON(arguments[1])
	case len(arguments) == 2 && arguments[0] == "--kustomize":
		return kustomize(arguments[1])
	case len(arguments) == 0 || strings.HasPrefix(arguments[0], "--"):
		return errors.New("usage: check-manifests FILE... | --json FILE | --kustomize FOLDER | --source")
	}
	return checkFiles(arguments)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
