#include "services/common/proof/pin_set.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"

namespace u2fi::proof {
namespace {

constexpr size_t kDigest = 32;
constexpr size_t kPoint = 65;
constexpr uint32_t kAllRoles = 63;
constexpr uint32_t kMaxLevel = 2;
constexpr uint32_t kMaxLeaseSeconds = 31'536'000;

bool IsPoint(absl::string_view point) {
  return point.size() == kPoint && point[0] == '\x04';
}

// Whether `text` is new in `seen`, which then has it.
bool IsNew(std::set<absl::string_view>& seen, absl::string_view text) {
  return seen.insert(text).second;
}

bool IdsOk(const v1::PinSet& p) {
  return IsId(p.device()) && IsId(p.tenant()) && IsId(p.account()) &&
         IsId(p.site());
}

bool RevisionOk(const v1::PinSet& p) {
  return p.revision() >= 1 &&
         p.previous().size() == (p.revision() == 1 ? 0 : kDigest);
}

bool KeyOk(const v1::PinnedKey& key) {
  const bool lessee = (key.roles() & v1::KEY_ROLE_LESSEE) != 0;
  return IsId(key.token_id()) && IsId(key.account()) && IsPoint(key.point()) &&
         key.roles() >= 1 && key.roles() <= kAllRoles &&
         (!lessee || key.roles() == v1::KEY_ROLE_LESSEE) &&
         key.level() <= kMaxLevel;
}

bool KeysOk(const v1::PinSet& p) {
  std::set<absl::string_view> ids, points;
  bool owned = false;
  for (const v1::PinnedKey& key : p.keys()) {
    if (!KeyOk(key) || !IsNew(ids, key.token_id()) ||
        !IsNew(points, key.point())) {
      return false;
    }
    owned |=
        (key.roles() & v1::KEY_ROLE_OWNER) != 0 && key.account() == p.account();
  }
  return owned && p.keys_size() <= kMaxPinnedKeys;
}

bool GatewayOk(const v1::PinnedGateway& gateway) {
  return IsId(gateway.id()) && IsId(gateway.site()) && IsPoint(gateway.point());
}

bool GatewaysOk(const v1::PinSet& p) {
  std::set<absl::string_view> ids, points;
  for (const v1::PinnedGateway& gateway : p.gateways()) {
    if (!GatewayOk(gateway) || !IsNew(ids, gateway.id()) ||
        !IsNew(points, gateway.point())) {
      return false;
    }
  }
  return p.gateways_size() >= 1 && p.gateways_size() <= kMaxPinnedGateways;
}

bool IssuersOk(const v1::PinSet& p) {
  std::set<absl::string_view> ids;
  for (const v1::LeaseIssuer& issuer : p.lease_issuers()) {
    if (!IsId(issuer.id()) || !IsPoint(issuer.point()) ||
        !IsNew(ids, issuer.id()) || issuer.max_lease_s() < 1 ||
        issuer.max_lease_s() > kMaxLeaseSeconds) {
      return false;
    }
  }
  return p.lease_issuers_size() <= kMaxLeaseIssuers;
}

bool LeaseOk(const v1::PinSet& p) {
  const bool leased = p.has_lease();
  if (leased && (!IsId(p.lease().account()) || p.lease().until_ms() == 0)) {
    return false;
  }
  bool lessees = false;
  for (const v1::PinnedKey& key : p.keys()) {
    if (key.roles() != v1::KEY_ROLE_LESSEE) continue;
    lessees = true;
    if (key.account() != p.lease().account()) return false;
  }
  return lessees == leased;
}

struct FieldRule {
  const char* field;
  bool (*ok)(const v1::PinSet&);
};
constexpr FieldRule kFieldRules[] = {
    {"format", [](const v1::PinSet& p) { return p.format() == 1; }},
    {"device", IdsOk},
    {"revision", RevisionOk},
    {"rp_id_hash",
     [](const v1::PinSet& p) { return p.rp_id_hash().size() == kDigest; }},
    {"keys", KeysOk},
    {"gateways", GatewaysOk},
    {"lease_issuers", IssuersOk},
    {"lease", LeaseOk}};

absl::Status FieldProblem(const char* field) {
  return Error(reason::kPinSetFormat,
               absl::StrCat("PinSet.", field, " is not valid"),
               {{"field", field}});
}

absl::Status CheckRules(const v1::PinSet& pins) {
  std::set<absl::string_view> operations;
  for (const v1::OperationRule& entry : pins.rules()) {
    if (!IsOperation(entry.operation()) ||
        !IsNew(operations, entry.operation())) {
      return FieldProblem("rules");
    }
    RETURN_IF_ERROR(CheckRuleForm(entry.rule(), entry.operation()));
  }
  if (pins.rules_size() > kMaxRules) return FieldProblem("rules");
  if (!pins.has_default_rule()) return absl::OkStatus();
  return CheckRuleForm(pins.default_rule(), "");
}

const std::string& TokenIdOf(const v1::PinnedKey& key) {
  return key.token_id();
}
template <typename Entry>
const std::string& IdOf(const Entry& entry) {
  return entry.id();
}

// The entry whose `id` is the one asked for.
template <typename Entries, typename Id>
auto Find(const Entries& entries, Id id, absl::string_view wanted) {
  const auto found =
      std::find_if(entries.begin(), entries.end(),
                   [&](const auto& entry) { return id(entry) == wanted; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

crypto::Digest PinsHash(absl::string_view pin_set_bytes) {
  return crypto::Sha256({domain::kPins, pin_set_bytes});
}

absl::Status CheckPinSet(const v1::PinSet& pins) {
  for (const FieldRule& rule : kFieldRules) {
    if (!rule.ok(pins)) return FieldProblem(rule.field);
  }
  return CheckRules(pins);
}

absl::StatusOr<PinSet> PinSet::Parse(absl::string_view bytes) {
  ASSIGN_OR_RETURN(
      v1::PinSet fields,
      proof::Parse<v1::PinSet>(bytes, kMaxPinSet, reason::kPinSetFormat));
  RETURN_IF_ERROR(CheckPinSet(fields));
  return PinSet(std::move(fields), std::string(bytes));
}

absl::StatusOr<PinSet> PinSet::Encode(const v1::PinSet& fields) {
  return Parse(proof::Encode(fields));
}

const v1::PinnedKey* PinSet::FindKey(absl::string_view token_id) const {
  return Find(fields_.keys(), TokenIdOf, token_id);
}

const v1::PinnedGateway* PinSet::FindGateway(absl::string_view id) const {
  return Find(fields_.gateways(), IdOf<v1::PinnedGateway>, id);
}

const v1::LeaseIssuer* PinSet::FindIssuer(absl::string_view id) const {
  return Find(fields_.lease_issuers(), IdOf<v1::LeaseIssuer>, id);
}

bool PinSet::LeaseRuns(uint64_t now_ms) const {
  return fields_.has_lease() && now_ms < fields_.lease().until_ms();
}

}  // namespace u2fi::proof
