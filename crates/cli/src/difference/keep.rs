//! What is not compared stays as it is, also on objects that go and come back: a view that is made again, because a
//! column below it changes, keeps who may read it.

use std::collections::BTreeMap;

use windlass::compiler::catalog::{Address, Catalog, Object, QualifiedName, WriteOptions};
use windlass::compiler::diff::{Change, Rename};

/// Gives the objects of `new` that were there before the owners and privileges that they have in `old`, where these
/// are not compared; what is written then. Owners are kept where `old` is a database: on a shadow they say nothing.
pub(crate) fn keep(
    old: &Catalog,
    new: &mut Catalog,
    renames: &[Rename],
    compared: WriteOptions,
    old_is_database: bool,
) -> WriteOptions {
    let mut write = compared;
    if !compared.privileges {
        new.privileges = carried(&old.privileges, new, renames);
        new.member_privileges.clone_from(&old.member_privileges);
        new.objects
            .retain(|_, object| !matches!(object, Object::DefaultPrivileges(_)));
        let defaults = old
            .objects
            .iter()
            .filter(|(_, object)| matches!(object, Object::DefaultPrivileges(_)));
        new.objects
            .extend(defaults.map(|(address, object)| (address.clone(), object.clone())));
        write.privileges = true;
    }
    if !compared.owners && old_is_database {
        new.owners = carried(&old.owners, new, renames);
        write.owners = true;
    }
    write
}

/// Whether a change is about the rights on an object that was not there: where privileges are not compared, it has
/// those that a new object gets.
pub(crate) fn is_of_new_object(change: &Change, old: &Catalog, renames: &[Rename]) -> bool {
    let words = ["GRANT ", "REVOKE "];
    let is_renamed = renames.iter().any(|rename| rename.to == whole(&change.object));
    words.iter().any(|word| change.sql.starts_with(word)) && !exists(old, &change.object) && !is_renamed
}

fn carried<T: Clone>(old: &BTreeMap<Address, T>, new: &Catalog, renames: &[Rename]) -> BTreeMap<Address, T> {
    let entries = old
        .iter()
        .map(|(address, value)| (renamed(address, renames), value.clone()));
    entries.filter(|(address, _)| exists(new, address)).collect()
}

/// As the object is called in the new schema.
fn renamed(address: &Address, renames: &[Rename]) -> Address {
    let to = |address: &Address| {
        let rename = renames.iter().find(|rename| rename.from == *address);
        rename.map(|rename| rename.to.clone())
    };
    if let Some(found) = to(address) {
        return found;
    }
    match address {
        Address::Column(of, column) => match to(&Address::Relation(of.clone())) {
            Some(Address::Relation(name)) => {
                let column = Address::Column(name, column.clone());
                to(&column).unwrap_or(column)
            }
            _ => address.clone(),
        },
        _ => address.clone(),
    }
}

fn whole(address: &Address) -> Address {
    match address {
        Address::Column(of, _) => Address::Relation(of.clone()),
        other => other.clone(),
    }
}

/// Whether a catalog has what somebody can have rights on.
fn exists(catalog: &Catalog, address: &Address) -> bool {
    let has_column = |of: &QualifiedName, column: &str| {
        let relation = catalog.relations.get(of);
        relation.is_some_and(|relation| relation.column(column).is_some())
    };
    match address {
        Address::Schema(name) => catalog.schemas.contains_key(name),
        Address::Extension(name) => catalog.extensions.contains_key(name),
        Address::Type(name) => catalog.types.contains_key(name),
        Address::Relation(name) => catalog.relations.contains_key(name),
        Address::Column(of, column) => has_column(of, column),
        Address::Routine(name) => catalog.routines.contains_key(name),
        other => catalog.objects.contains_key(other),
    }
}
