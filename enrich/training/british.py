"""Facts: places and bodies that British police writing names, rare in the training texts."""

from __future__ import annotations

_TOWNS = (
    "Aberdeen,Accrington,Aldershot,Ashford,Barnsley,Barrow-in-Furness,Basildon,Basingstoke,"
    "Bath,Bedford,Belfast,Birkenhead,Birmingham,Blackburn,Blackpool,Bolton,Bournemouth,"
    "Bradford,Brighton,Bristol,Burnley,Bury St Edmunds,Cambridge,Canterbury,Cardiff,Carlisle,"
    "Chelmsford,Cheltenham,Chester,Chesterfield,Colchester,Coventry,Crawley,Crewe,Croydon,"
    "Darlington,Derby,Derry,Doncaster,Dover,Dudley,Dundee,Durham,Eastbourne,Edinburgh,Exeter,"
    "Felixstowe,Folkestone,Gateshead,Glasgow,Gloucester,Great Yarmouth,Grimsby,Guildford,"
    "Halifax,Harlow,Harrogate,Hartlepool,Hastings,Hemel Hempstead,Hereford,Huddersfield,Hull,"
    "Inverness,Ipswich,Kettering,King's Lynn,Lancaster,Leeds,Leicester,Lincoln,Liverpool,"
    "Livingston,Llanelli,London,Lowestoft,Luton,Maidstone,Manchester,Mansfield,Margate,"
    "Merthyr Tydfil,Middlesbrough,Milton Keynes,Newcastle upon Tyne,Newport,Northampton,"
    "Norwich,Nottingham,Nuneaton,Oldham,Oxford,Paisley,Perth,Peterborough,Plymouth,Poole,"
    "Portsmouth,Preston,Ramsgate,Reading,Redcar,Rochdale,Rotherham,Rugby,Salford,Salisbury,"
    "Scarborough,Scunthorpe,Sheffield,Shrewsbury,Slough,Solihull,Southampton,Southend-on-Sea,"
    "Stafford,Stevenage,Stirling,Stockport,Stockton-on-Tees,Stoke-on-Trent,Sunderland,"
    "Swansea,Swindon,Taunton,Telford,Torquay,Wakefield,Walsall,Warrington,Watford,"
    "West Bromwich,Weston-super-Mare,Wigan,Winchester,Wolverhampton,Worcester,Worthing,"
    "Wrexham,York,Cumbria,Devon,Dorset,Essex,Kent,Lancashire,Norfolk,Suffolk,Surrey,"
    "West Midlands,West Yorkshire,South Wales,Northern Ireland,Scotland,Wales"
)
TOWNS = tuple(_TOWNS.split(","))
_FORCES_AND_AGENCIES = (
    "Avon and Somerset Police,Bedfordshire Police,Cambridgeshire Constabulary,"
    "Cheshire Constabulary,City of London Police,Cleveland Police,Cumbria Police,"
    "Derbyshire Constabulary,Devon and Cornwall Police,Dorset Police,Durham Constabulary,"
    "Dyfed-Powys Police,Essex Police,Gloucestershire Constabulary,Greater Manchester Police,"
    "GMP,Gwent Police,Hampshire Constabulary,Hertfordshire Constabulary,Humberside Police,"
    "Kent Police,Lancashire Police,Leicestershire Police,Lincolnshire Police,"
    "Merseyside Police,Metropolitan Police,the Met,Norfolk Constabulary,North Wales Police,"
    "North Yorkshire Police,Northamptonshire Police,Northumbria Police,"
    "Nottinghamshire Police,South Wales Police,South Yorkshire Police,Staffordshire Police,"
    "Suffolk Constabulary,Surrey Police,Sussex Police,Thames Valley Police,"
    "Warwickshire Police,West Mercia Police,West Midlands Police,West Yorkshire Police,"
    "Wiltshire Police,Police Scotland,PSNI,British Transport Police,BTP,"
    "Ministry of Defence Police,National Crime Agency,NCA,Crown Prosecution Service,CPS,HMRC,"
    "HM Revenue and Customs,Home Office,Border Force,Counter Terrorism Policing,MI5,GCHQ,"
    "Europol,Interpol,ROCU,Companies House,DVLA,IOPC,College of Policing,Crimestoppers,"
    "Action Fraud,Serious Fraud Office,SFO,Financial Conduct Authority,FCA,"
    "Environment Agency,HM Prison Service,Probation Service"
)
FORCES_AND_AGENCIES = tuple(_FORCES_AND_AGENCIES.split(","))
