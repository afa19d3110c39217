// Walks the descriptors of the whole API for what every part of it promises,
// and compares the tables of protos/README.md with them.
#include <fstream>
#include <functional>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "u2fi/common/v1/options.pb.h"
#include "u2fi/proof/v1/operations.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    google::protobuf::FileDescriptorSet set;
    EXPECT_TRUE(set.ParseFromString(Read("protos/descriptors.protoset")));
    for (const auto& file : set.file()) files_.push_back(pool_.BuildFile(file));
  }

  void ForEachMethod(
      const std::function<void(const MethodDescriptor&)>& visit) const {
    for (const FileDescriptor* file : files_) {
      if (file->package() == "grpc.health.v1") continue;  // Not ours.
      for (int s = 0; s < file->service_count(); ++s) {
        for (int m = 0; m < file->service(s)->method_count(); ++m) {
          visit(*file->service(s)->method(m));
        }
      }
    }
  }

  DescriptorPool pool_;
  std::vector<const FileDescriptor*> files_;
};

common::v1::AllowedCallers CallersOf(const MethodDescriptor& method) {
  // Parsed again, so that the extension is known: the pool has its own copy.
  google::protobuf::MethodOptions options;
  options.ParseFromString(method.options().SerializeAsString());
  return options.GetExtension(common::v1::callers);
}

// As protos/README.md writes it, for example `operator, service/portal`.
std::string CallersText(const common::v1::AllowedCallers& callers) {
  std::string text;
  const auto add = [&text](const std::string& who) {
    text += (text.empty() ? "" : ", ") + who;
  };
  for (const int role : callers.roles()) {
    if (role == common::v1::ROLE_SERVICE) {
      for (const std::string& name : callers.services()) add("service/" + name);
      continue;
    }
    std::string who = common::v1::Role_Name(role).substr(5);
    for (char& c : who) c = c == '_' ? ' ' : static_cast<char>(tolower(c));
    add(who);
  }
  return text;
}

TEST_F(ApiTest, HasEveryService) {
  std::set<std::string> services;
  ForEachMethod([&](const MethodDescriptor& m) {
    services.insert(m.service()->full_name());
  });
  EXPECT_EQ(services.size(), 8u);
}

TEST_F(ApiTest, EveryRpcNamesItsCallers) {
  ForEachMethod([](const MethodDescriptor& method) {
    EXPECT_GT(CallersOf(method).roles_size(), 0) << method.full_name();
  });
}

TEST_F(ApiTest, ServicesAreNamedExactlyWithTheRoleService) {
  ForEachMethod([](const MethodDescriptor& method) {
    const common::v1::AllowedCallers callers = CallersOf(method);
    const bool role =
        testing::Value(callers.roles(), testing::Contains(int{1}));
    EXPECT_EQ(role, callers.services_size() > 0) << method.full_name();
  });
}

TEST_F(ApiTest, LocalCallersAndReplicasShareAnRpcWithNobody) {
  ForEachMethod([](const MethodDescriptor& method) {
    const auto roles = CallersOf(method).roles();
    if (testing::Value(
            roles, testing::Contains(testing::AnyOf(
                       common::v1::ROLE_LOCAL, common::v1::ROLE_REPLICA)))) {
      EXPECT_EQ(roles.size(), 1) << method.full_name();
    }
  });
}

TEST_F(ApiTest, TenantIsFieldOneOfEveryRequestFromTheNetwork) {
  ForEachMethod([](const MethodDescriptor& method) {
    const auto roles = CallersOf(method).roles();
    if (method.name() == "Connect" || roles[0] == common::v1::ROLE_LOCAL) {
      return;
    }
    const FieldDescriptor* field = method.input_type()->FindFieldByNumber(1);
    ASSERT_NE(field, nullptr) << method.full_name();
    EXPECT_EQ(field->name(), "tenant") << method.full_name();
  });
}

TEST_F(ApiTest, EveryListPages) {
  ForEachMethod([](const MethodDescriptor& method) {
    if (method.name().rfind("List", 0) != 0) return;
    if (method.name() == "ListCandidates") return;  // At most 16, for the gate.
    const Descriptor& in = *method.input_type();
    EXPECT_NE(in.FindFieldByName("page_size"), nullptr) << method.full_name();
    EXPECT_NE(in.FindFieldByName("page_token"), nullptr) << method.full_name();
    EXPECT_NE(method.output_type()->FindFieldByName("next_page_token"), nullptr)
        << method.full_name();
  });
}

TEST_F(ApiTest, ReadmeHasEveryRpcWithItsCallers) {
  const std::string readme = Read("protos/README.md");
  ForEachMethod([&](const MethodDescriptor& method) {
    const size_t section =
        readme.find("### `" + method.service()->full_name() + "`");
    ASSERT_NE(section, std::string::npos) << method.service()->full_name();
    const std::string row = "\n| `" + method.name() + "` | " +
                            CallersText(CallersOf(method)) + " | ";
    const size_t end = readme.find("\n### ", section + 1);
    EXPECT_LT(readme.find(row, section), end) << method.full_name() << row;
  });
}

TEST_F(ApiTest, EverySignedMessageBeginsWithItsFormat) {
  for (const char* name :
       {"u2fi.proof.v1.Command", "u2fi.proof.v1.AuthorizationStatement",
        "u2fi.proof.v1.PinSet", "u2fi.proof.v1.LeaseOffer",
        "u2fi.proof.v1.LeaseEnd", "u2fi.proof.v1.EnrolArguments",
        "u2fi.proof.v1.TokenArguments", "u2fi.proof.v1.UnbindArguments",
        "u2fi.audit.v1.AuditHeader", "u2fi.audit.v1.Checkpoint"}) {
    const Descriptor* message = pool_.FindMessageTypeByName(name);
    ASSERT_NE(message, nullptr) << name;
    EXPECT_EQ(message->FindFieldByNumber(1)->name(), "format") << name;
  }
}

TEST_F(ApiTest, EveryReservedOperationHasItsRow) {
  const auto& operations = *proof::v1::ReservedOperation_descriptor();
  const std::string readme = Read("protos/README.md");
  for (int i = 1; i < operations.value_count(); ++i) {
    const proof::v1::OperationInfo& info =
        operations.value(i)->options().GetExtension(proof::v1::operation);
    EXPECT_EQ(info.name().rfind("u2fi.", 0), 0u) << info.name();
    EXPECT_GT(info.purposes_size(), 0) << info.name();
    EXPECT_EQ(info.purposes_size() > 1, info.name() == "u2fi.pins");
    EXPECT_NE(pool_.FindMessageTypeByName(info.arguments()), nullptr)
        << info.arguments();
    EXPECT_NE(readme.find("| `" + info.name() + "` | "), std::string::npos);
  }
}

TEST_F(ApiTest, NoFieldOfASignedMessageIsSigned) {
  // Negative numbers and zigzag have more than one obvious encoding.
  const FileDescriptor& file = *proof::v1::Proof::descriptor()->file();
  std::vector<const FileDescriptor*> proofs = {&file};
  for (const FileDescriptor* f : files_) {
    if (f->package() == file.package()) proofs.push_back(f);
  }
  for (const FileDescriptor* f : proofs) {
    for (int m = 0; m < f->message_type_count(); ++m) {
      for (int i = 0; i < f->message_type(m)->field_count(); ++i) {
        const FieldDescriptor& field = *f->message_type(m)->field(i);
        EXPECT_NE(field.cpp_type(), FieldDescriptor::CPPTYPE_INT32);
        EXPECT_NE(field.cpp_type(), FieldDescriptor::CPPTYPE_INT64);
        EXPECT_FALSE(field.is_map()) << field.full_name();
        EXPECT_EQ(field.real_containing_oneof(), nullptr) << field.full_name();
      }
    }
  }
}

}  // namespace
}  // namespace u2fi
