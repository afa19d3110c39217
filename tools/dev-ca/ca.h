#ifndef U2FI_TOOLS_DEV_CA_CA_H_
#define U2FI_TOOLS_DEV_CA_CA_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/p256.h"
#include "services/common/random/random_source.h"

namespace u2fi::dev_ca {

// Longest life of a gateway's certificate (decisions.md E3).
inline constexpr absl::Duration kMaxGatewayLife = absl::Hours(24 * 30);

// What a certificate will say.
struct Leaf {
  std::string uri;
  std::vector<std::string> dns_names;
  // serverAuth besides clientAuth.
  bool server = false;
  absl::Time not_before, not_after;
};

// The leaf of an identity such as "service/challenge", "gateway/t1/s1/g1",
// "operator/t1/ann", "operator/-/root" or "client/t1/app". Only services are
// servers; they get their own name and "localhost" as DNS names, for tools
// such as grpcurl that look at host names (U2Fi itself does not). It is good
// from a minute before `now`. INVALID_ARGUMENT if the identity is not of that
// form or a gateway's life is over kMaxGatewayLife.
absl::StatusOr<Leaf> LeafFor(absl::string_view identity,
                             absl::string_view trust_domain, absl::Time now,
                             absl::Duration life);

// A certificate and its key, both PEM. The key is a secret.
struct Issued {
  std::string certificate;
  std::string key;
};

// A throw-away certificate authority with a P-256 key, for the demo and for
// tests: its key is a file like any other.
class Ca {
 public:
  // A new one, good from a minute before `now`. `random` must outlive it.
  static Ca Create(absl::Time now, absl::Duration life, RandomSource& random);

  // One from its PEM files. INVALID_ARGUMENT if they are not a CA's
  // certificate and the key to it.
  static absl::StatusOr<Ca> FromPem(absl::string_view certificate,
                                    absl::string_view key,
                                    RandomSource& random);

  // A certificate for a new key. It never outlives the CA's own.
  Issued Issue(const Leaf& leaf) const;

  // A certificate for the key of a PKCS #10 request in PEM.
  // INVALID_ARGUMENT if it is malformed, not signed by its key, or asks for
  // another URI than the leaf's.
  absl::StatusOr<std::string> Sign(absl::string_view request,
                                   const Leaf& leaf) const;

  // PEM.
  std::string certificate() const;
  std::string key() const { return key_.ToPem(); }

 private:
  Ca(crypto::Certificate certificate, crypto::P256PrivateKey key,
     RandomSource& random);
  std::string CertificateFor(const crypto::P256PublicKey& key,
                             const Leaf& leaf) const;

  crypto::Certificate certificate_;
  crypto::P256PrivateKey key_;
  RandomSource& random_;
};

}  // namespace u2fi::dev_ca

#endif  // U2FI_TOOLS_DEV_CA_CA_H_
