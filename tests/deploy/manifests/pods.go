package main

import (
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// podOf returns the pod that an object describes; nil if it describes none.
func podOf(object runtime.Object) *corev1.PodSpec {
	switch object := object.(type) {
	case *corev1.Pod:
		return &object.Spec
	case *appsv1.Deployment:
		return &object.Spec.Template.Spec
	case *appsv1.StatefulSet:
		return &object.Spec.Template.Spec
	case *batchv1.Job:
		return &object.Spec.Template.Spec
	}
	return nil
}

// checkPod applies the pod security standard "restricted", and what this
// product asks besides: no token of the API server, a root that cannot be
// written, and mounts that have a volume.
func checkPod(pod *corev1.PodSpec) error {
	if pod == nil {
		return nil
	}
	problems := []error{firstProblem(podRules, pod)}
	// A StatefulSet makes "data" from a template of its own.
	volumes := map[string]bool{"data": true}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = true
		if volume.HostPath != nil {
			problems = append(problems, fmt.Errorf("volume %s is the node's", volume.Name))
		}
	}
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		if err := checkContainer(&container, volumes); err != nil {
			problems = append(problems, fmt.Errorf("container %s: %w", container.Name, err))
		}
	}
	return errors.Join(problems...)
}

func checkContainer(container *corev1.Container, volumes map[string]bool) error {
	problem := firstProblem(containerRules, container)
	for _, mount := range container.VolumeMounts {
		if !volumes[mount.Name] {
			problem = errors.Join(problem, fmt.Errorf("there is no volume %s", mount.Name))
		}
	}
	return problem
}

// A rule for one part of a pod: what is wrong if it does not hold.
type rule[Part any] struct {
	problem string
	holds   func(*Part) bool
}

var podRules = []rule[corev1.PodSpec]{
	{"shares the node's namespaces", func(p *corev1.PodSpec) bool { return !p.HostNetwork && !p.HostPID && !p.HostIPC }},
	{"has a token of the API server", func(p *corev1.PodSpec) bool { return isFalse(p.AutomountServiceAccountToken) }},
	{"has no security context", func(p *corev1.PodSpec) bool { return p.SecurityContext != nil }},
	{"may run as root", func(p *corev1.PodSpec) bool { return isTrue(p.SecurityContext.RunAsNonRoot) }},
	{"has no seccomp profile", func(p *corev1.PodSpec) bool {
		profile := p.SecurityContext.SeccompProfile
		return profile != nil && profile.Type == corev1.SeccompProfileTypeRuntimeDefault
	}},
}

var containerRules = []rule[corev1.Container]{
	{"has no security context", func(c *corev1.Container) bool { return c.SecurityContext != nil }},
	{"is privileged", func(c *corev1.Container) bool { return !isTrue(c.SecurityContext.Privileged) }},
	{"may gain privileges", func(c *corev1.Container) bool { return isFalse(c.SecurityContext.AllowPrivilegeEscalation) }},
	{"may write to its root", func(c *corev1.Container) bool { return isTrue(c.SecurityContext.ReadOnlyRootFilesystem) }},
	{"may run as root", func(c *corev1.Container) bool { return !isFalse(c.SecurityContext.RunAsNonRoot) }},
	{"keeps capabilities", func(c *corev1.Container) bool {
		kept := c.SecurityContext.Capabilities
		return kept != nil && len(kept.Add) == 0 && slices.Equal(kept.Drop, []corev1.Capability{"ALL"})
	}},
}

// firstProblem returns the first rule that does not hold; later ones may rely
// on those before.
func firstProblem[Part any](rules []rule[Part], part *Part) error {
	for _, rule := range rules {
		if !rule.holds(part) {
			return errors.New(rule.problem)
		}
	}
	return nil
}

func isTrue(value *bool) bool  { return value != nil && *value }
func isFalse(value *bool) bool { return value != nil && !*value }
