#include "tools/dev-ca/test_ca.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/random/system_random.h"
#include "services/common/time/clock.h"
#include "tools/dev-ca/folder.h"

namespace u2fi::dev_ca {
namespace {

constexpr char kTrustDomain[] = "test";

std::string NewFolder() {
  // Not the test's own folder: its path is too long for a Unix socket.
  char name[] = "/tmp/u2fi-XXXXXX";
  if (mkdtemp(name) == nullptr) std::abort();
  return name;
}

}  // namespace

TestCa::TestCa()
    : folder_(NewFolder()),
      ca_(Ca::Create(SystemClock().Now(), absl::Hours(1), SystemRandom())) {}

TestCa::~TestCa() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

rpc::TlsFiles TestCa::Files(const std::string& identity) const {
  return Files(identity, LeafOf(identity));
}

rpc::TlsFiles TestCa::Files(const std::string& folder, const Leaf& leaf) const {
  const std::string path = absl::StrCat(folder_, "/", folder);
  const Issued issued = ca_.Issue(leaf);
  if (!ReplaceFolder(path,
                     {{kCertificateFile, issued.certificate},
                      {kKeyFile, issued.key},
                      {kRootsFile, ca_.certificate()}},
                     SystemRandom())
           .ok()) {
    std::abort();
  }
  return {absl::StrCat(path, "/", kCertificateFile),
          absl::StrCat(path, "/", kKeyFile),
          absl::StrCat(path, "/", kRootsFile), kTrustDomain, absl::Seconds(1)};
}

std::unique_ptr<rpc::TlsIdentity> TestCa::Identity(
    const std::string& identity) const {
  return rpc::TlsIdentity::Load(Files(identity), SystemClock().Now()).value();
}

Leaf TestCa::LeafOf(const std::string& identity) const {
  return LeafFor(identity, kTrustDomain, SystemClock().Now(), absl::Hours(1))
      .value();
}

}  // namespace u2fi::dev_ca
