// A throw-away CA for the demo: see README.md.
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/clock.h"
#include "tools/dev-ca/ca.h"
#include "tools/dev-ca/folder.h"

namespace u2fi::dev_ca {
namespace {

struct Flags {
  std::string out;
  std::string trust_domain = "u2fi.example";
  int days = 7;
  std::string not_after;
  std::string csr;
  std::vector<std::string> identities;
};

// The CA of the folder; a new one if there is none.
absl::StatusOr<Ca> OpenCa(const std::string& out) {
  const std::string certificate = absl::StrCat(out, "/ca.crt");
  const std::string key = absl::StrCat(out, "/ca.key");
  std::error_code error;
  if (std::filesystem::exists(certificate, error)) {
    ASSIGN_OR_RETURN(const std::string certificate_pem, ReadFile(certificate));
    ASSIGN_OR_RETURN(const std::string key_pem, ReadFile(key));
    return Ca::FromPem(certificate_pem, key_pem, SystemRandom());
  }
  std::filesystem::create_directories(out, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(out, ": cannot be made: ", error.message()));
  }
  const Ca ca =
      Ca::Create(SystemClock().Now(), absl::Hours(24 * 30), SystemRandom());
  RETURN_IF_ERROR(WriteSecret(key, ca.key()));
  RETURN_IF_ERROR(WriteSecret(certificate, ca.certificate()));
  return ca;
}

absl::StatusOr<Leaf> LeafOf(const Flags& flags, const std::string& identity) {
  ASSIGN_OR_RETURN(Leaf leaf,
                   LeafFor(identity, flags.trust_domain, SystemClock().Now(),
                           absl::Hours(24 * flags.days)));
  std::string error;
  if (!flags.not_after.empty() &&
      !absl::ParseTime(absl::RFC3339_full, flags.not_after, &leaf.not_after,
                       &error)) {
    return absl::InvalidArgumentError(absl::StrCat("--not_after: ", error));
  }
  // Already over: then it began before that.
  leaf.not_before = std::min(leaf.not_before, leaf.not_after - absl::Hours(1));
  return leaf;
}

absl::Status Make(const Flags& flags, const Ca& ca,
                  const std::string& identity) {
  ASSIGN_OR_RETURN(const Leaf leaf, LeafOf(flags, identity));
  std::map<std::string, std::string> files = {{kRootsFile, ca.certificate()}};
  if (flags.csr.empty()) {
    const Issued issued = ca.Issue(leaf);
    files[kCertificateFile] = issued.certificate;
    files[kKeyFile] = issued.key;
  } else {
    ASSIGN_OR_RETURN(const std::string request, ReadFile(flags.csr));
    ASSIGN_OR_RETURN(files[kCertificateFile], ca.Sign(request, leaf));
  }
  const std::string folder = absl::StrCat(flags.out, "/", identity);
  RETURN_IF_ERROR(ReplaceFolder(folder, files, SystemRandom()));
  std::cout << folder << "\n";
  return absl::OkStatus();
}

absl::Status Run(const Flags& flags) {
  if (!flags.csr.empty() && flags.identities.size() != 1) {
    return absl::InvalidArgumentError("--csr goes with one identity");
  }
  ASSIGN_OR_RETURN(const Ca ca, OpenCa(flags.out));
  for (const std::string& identity : flags.identities) {
    RETURN_IF_ERROR(Make(flags, ca, identity));
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Makes certificates for tests and the demo, from a throw-away "
      "CA that is made on first use.",
      "dev-ca");
  app.footer(
      "Examples:\n"
      "  dev-ca --out certs service/command-gate operator/-/root "
      "client/t1/app\n"
      "  dev-ca --out certs --csr gateway.csr gateway/t1/s1/g1");
  Flags flags;
  app.add_option("--out", flags.out, "Folder of the CA and of what it makes.")
      ->required();
  app.add_option("--trust_domain", flags.trust_domain,
                 "As in the services (u2fi.example).");
  app.add_option("--days", flags.days, "Life of the certificates, 1 to 30.")
      ->check(CLI::Range(1, 30));
  app.add_option("--not_after", flags.not_after,
                 "Their end instead, RFC 3339; may be past, for tests.");
  app.add_option("--csr", flags.csr,
                 "Sign this PKCS #10 request (PEM) instead of making a key.");
  app.add_option("identity", flags.identities,
                 "service/NAME, gateway/TENANT/SITE/NAME, "
                 "operator/TENANT/NAME (tenant -: the platform), "
                 "client/TENANT/NAME.")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status status = Run(flags);
  if (!status.ok()) std::cerr << "dev-ca: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace u2fi::dev_ca

// CLI11 and the JSON library throw at misuse by the program itself: it ends.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) { return u2fi::dev_ca::Main(argc, argv); }
