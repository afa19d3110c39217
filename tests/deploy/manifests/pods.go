package main

import (
	"errors"
	"fmt"

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
	problems := checkWholePod(pod)
	// A StatefulSet makes "data" from a template of its own.
	volumes := map[string]bool{"data": true}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = true
		if volume.HostPath != nil {
			problems = append(problems, fmt.Errorf("volume %s is the node's", volume.Name))
		}
	}
	for _, container := range append(append([]corev1.Container{}, pod.InitContainers...), pod.Containers...) {
		if err := checkContainer(&container); err != nil {
			problems = append(problems, fmt.Errorf("container %s: %w", container.Name, err))
		}
		for _, mount := range container.VolumeMounts {
			if !volumes[mount.Name] {
				problems = append(problems, fmt.Errorf("container %s: there is no volume %s", container.Name, mount.Name))
			}
		}
	}
	return errors.Join(problems...)
}

func checkWholePod(pod *corev1.PodSpec) []error {
	var problems []error
	if pod.HostNetwork || pod.HostPID || pod.HostIPC {
		problems = append(problems, errors.New("shares the node's namespaces"))
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		problems = append(problems, errors.New("has a token of the API server"))
	}
	security := pod.SecurityContext
	if security == nil || security.RunAsNonRoot == nil || !*security.RunAsNonRoot {
		return append(problems, errors.New("may run as root"))
	}
	if security.SeccompProfile == nil || security.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		problems = append(problems, errors.New("has no seccomp profile"))
	}
	return problems
}

func checkContainer(container *corev1.Container) error {
	security := container.SecurityContext
	switch {
	case security == nil:
		return errors.New("has no security context")
	case security.Privileged != nil && *security.Privileged:
		return errors.New("is privileged")
	case security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation:
		return errors.New("may gain privileges")
	case security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem:
		return errors.New("may write to its root")
	case security.Capabilities == nil || len(security.Capabilities.Add) > 0 ||
		len(security.Capabilities.Drop) != 1 || security.Capabilities.Drop[0] != "ALL":
		return errors.New("keeps capabilities")
	}
	return nil
}
