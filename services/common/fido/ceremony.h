#ifndef U2FI_SERVICES_COMMON_FIDO_CEREMONY_H_
#define U2FI_SERVICES_COMMON_FIDO_CEREMONY_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"

// What the relying party expects of an answer: inputs of all verifiers. They
// are pure: what a store or another service knows comes in as these values.
namespace u2fi::fido {

// The form of the client data, and of a registration.
enum class Protocol { kU2f, kWebAuthn };

// What a challenge was issued for, and what an answer is used for. The texts
// are compared, never read.
struct ChallengeScope {
  // Registration, authentication, or a purpose of wire.md.
  std::string purpose;
  std::string tenant;
  std::string account;
  // Gateway, device or page.
  std::string place;

  friend bool operator==(const ChallengeScope& a, const ChallengeScope& b) {
    return a.purpose == b.purpose && a.tenant == b.tenant &&
           a.account == b.account && a.place == b.place;
  }
};

// A credential that was offered with the challenge.
struct Offer {
  std::string credential_id;
  // The stored counter when the challenge was issued. Absent: none yet.
  absl::optional<uint32_t> counter_floor;
};

// The record of a challenge after the one atomic step that spent it. The
// default is that of a challenge that was never issued.
struct SpentChallenge {
  bool known = false;
  ChallengeScope scope;
  // Refused from this instant on.
  absl::Time expires_at = absl::InfinitePast();
  // When it was spent, by the clock of the service that keeps it.
  absl::Time spent_at = absl::InfiniteFuture();
  // This answer was the first one.
  bool first_use = false;
  // Digest of the commands behind it, or empty.
  std::string command_digest;
  // For authentication.
  std::vector<Offer> offers;
};

// Which authenticator extensions are expected (WebAuthn L3, 9). The default
// ignores what was not asked for.
struct ExtensionPolicy {
  std::vector<std::string> requested;
  // Of the requested ones, those that must be answered.
  std::vector<std::string> required;
  // Refuse what was not asked for.
  bool refuse_unsolicited = false;
};

// What every ceremony compares with.
struct Expectation {
  Protocol protocol = Protocol::kWebAuthn;
  // The raw bytes that were issued.
  std::string challenge;
  // Relying-party id, or AppID of U2F: what the first 32 bytes that the token
  // signs are the SHA-256 of.
  std::string rp_id;
  // Exact origins or facets; native-app ids and related origins each with an
  // entry of their own. None: every origin is refused.
  std::vector<std::string> origins;

  // Unset: cid_pubkey is not looked at beyond its form. Else the gateway's key
  // must stand in it: base64url of the coordinates of a P-256 key.
  struct ChannelBinding {
    std::string x, y;
  };
  absl::optional<ChannelBinding> channel_binding;

  bool allow_cross_origin = false;
  // Count only with allow_cross_origin.
  std::vector<std::string> top_origins;

  // False for purpose PRESENCE only.
  bool require_user_presence = true;
  bool require_user_verification = false;

  ExtensionPolicy extensions;

  ChallengeScope scope;
  // Digest of the commands about to be run, or empty.
  std::string command_digest;
};

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_CEREMONY_H_
