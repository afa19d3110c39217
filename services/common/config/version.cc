#include "services/common/config/version.h"

#include "services/common/config/embed_label.h"

namespace u2fi::config {
namespace {

constexpr char kRelease[] = "0.1.0";

}  // namespace

std::string Version() {
  const std::string commit = kEmbedLabel;
  if (commit.empty()) return kRelease;
  return std::string(kRelease) + " (" + commit + ")";
}

}  // namespace u2fi::config
