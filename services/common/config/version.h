#ifndef U2FI_SERVICES_COMMON_CONFIG_VERSION_H_
#define U2FI_SERVICES_COMMON_CONFIG_VERSION_H_

#include <string>

namespace u2fi::config {

// The release and, if the build was told it (bazel --embed_label), the commit:
// "0.1.0" or "0.1.0 (4c1d2e3)".
std::string Version();

}  // namespace u2fi::config

#endif  // U2FI_SERVICES_COMMON_CONFIG_VERSION_H_
